// The browser view of boot: status, the guest's screen by noVNC, the power button.
const get = (id) => document.getElementById(id);
let proof = null;
let screen = null;

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, redirect: "error" });
  if (!answer.ok) throw new Error(answer.status);
  return answer;
}

async function login(token) {
  // As text/plain: the body is the token and nothing else.
  proof = (await (await ask("login", { method: "POST", body: token })).json()).proof;
}

const size = (bytes) => {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < 4; unit++) bytes /= 1024;
  return `${Math.round(bytes * 10) / 10} ${units[unit]}`;
};

async function showStatus() {
  try {
    const status = await (await ask("status.json")).json();
    get("phase").textContent = status.phase;
    get("ready").textContent = status.readiness.ready ? "ready" : "not ready";
    const parts = status.disks.map((disk) => `${disk.name}: read ${size(disk.bytesRead)}, written ${size(disk.bytesWritten)}`);
    if (status.network) parts.push(`network: received ${size(status.network.bytesReceived)}, sent ${size(status.network.bytesSent)}`);
    if (status.qemu) parts.push(`${status.qemu.residentMiB} MiB`);
    get("figures").textContent = parts.join("; ");
    get("events").replaceChildren(...status.events.slice(-10).reverse().map((event) => {
      const line = document.createElement("li");
      line.textContent = `${new Date(event.time * 1000).toISOString().slice(11, 19)} ${event.text}`;
      return line;
    }));
  } catch (error) {
    if (error.message === "403") return leave();
    get("phase").textContent = "no answer";
  }
  setTimeout(showStatus, 2000);
}

async function connect(password) {
  const { default: RFB } = await import("./novnc/core/rfb.js");
  get("message").textContent = "connecting";
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/screen`;
  const client = new RFB(get("screen"), url, { wsProtocols: ["binary"], credentials: { password } });
  client.scaleViewport = true;
  client.addEventListener("connect", () => { get("message").textContent = "connected"; get("vnc").hidden = true; client.focus(); });
  client.addEventListener("securityfailure", () => { get("message").textContent = "the password is wrong"; });
  client.addEventListener("disconnect", () => {
    if (get("message").textContent !== "the password is wrong") get("message").textContent = "disconnected";
    get("vnc").hidden = false;
    screen = null;
  });
  screen = client;
}

// The session has ended: after half a day, or with the run of boot that began it.
function leave() {
  if (screen) screen.disconnect();
  get("view").hidden = true;
  get("login").hidden = false;
  get("refused").textContent = "the session has ended";
}

function show() {
  get("login").hidden = true;
  get("refused").textContent = "";
  get("view").hidden = get("vnc").hidden = false;
  showStatus();
}

get("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await login(get("token").value.trim());
    show();
  } catch (error) {
    get("refused").textContent = "the token is wrong";
  }
});
get("vnc").addEventListener("submit", (event) => {
  event.preventDefault();
  if (screen) return;
  connect(get("password").value).catch(() => { get("message").textContent = "noVNC is missing: install it, or set status.novnc"; });
});
get("power").addEventListener("click", async () => {
  try {
    await ask("power", { method: "POST", headers: { "X-Proof": proof } });
    get("message").textContent = "the power button was pressed";
  } catch (error) {
    get("message").textContent = "the power button was refused";
  }
});

try {
  if (location.hash.length > 1) {
    const token = location.hash.slice(1);
    // Not in the history.
    history.replaceState(null, "", location.pathname);
    await login(token);
  } else {
    proof = (await (await ask("session")).json()).proof;
  }
  show();
} catch (error) {
  get("login").hidden = false;
}

"""A server in the place of Apple's: below the names of its hosts it has catalogs, installers of every era and a recovery server.

    python3 -m installer.fake DIRECTORY [--https]

writes `ready.json` into the directory when it answers: its URL, and what to trust in the place of Apple's keys. `faults.json` in the
directory makes it fail: a list of objects with `path` (a part of the URL's path), `times` (default: always) and one of `status`, `cut`
(bytes of an answer, then the end), `stall` (bytes, then nothing), `flip` (a byte of the file), `board` (what the recovery server gives).
`requests` records what was asked.
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import catalogs, eras
from .eras import System
from .pki import Authority

SEQUOIA = System("15.6.1", "24G90", "macOS Sequoia", "082-15601")
OLDER_SEQUOIA = System("15.5", "24F74", "macOS Sequoia", "082-15500")
HIGH_SIERRA = System("10.13.6", "17G66", "macOS High Sierra", "041-10136")
CATALINA = System("10.15.7", "19H15", "macOS Catalina", "041-10157")
BIG_SUR = System("11.7.10", "20G1427", "macOS Big Sur", "042-11710")
TAHOE_BETA = System("26.1", "25B5042k", "macOS Tahoe", "093-26100")
VENTURA = System("13.7.8", "22H730", "macOS Ventura", "093-13780")

#: What the recovery server gives, by board: OpenCorePkg's recovery_urls.txt.
BOARDS = {"Mac-827FAC58A8FDFA22": "sonoma", "Mac-4B682C642B45593E": "ventura", "Mac-B809C3757DA9BB8D": "monterey", "Mac-E43C1C25D4880AD6": "monterey"}
RECOVERIES = {
    "sonoma": System("14.6.1", "23G93", "macOS Sonoma", "052-14610"),
    "ventura": VENTURA,
    "monterey": System("12.7.6", "21H1320", "macOS Monterey", "052-12760"),
}


def build(root: Path, authority: Authority) -> None:
    """Writes all files below the names of their hosts."""

    def write(host: str, path: str, content: bytes) -> None:
        place = root / host / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    products: dict[str, Any] = catalogs.gaps()

    def offer(system: System, files: dict[str, bytes], integrity: set[str], day: int, variant: int, *, smd: bool = False) -> None:
        products[system.product] = catalogs.product(system, files, integrity, day, metadata=smd)
        for name, content in files.items():
            write("swcdn.apple.com", f"content/downloads/{system.product}/{name}", content)
            if name in integrity:
                write("swcdn.apple.com", f"content/downloads/{system.product}/{name}.integrityDataV1", eras.integrity(content))
        write("swdist.apple.com", f"content/downloads/{system.product}.English.dist", catalogs.distribution(system, variant))
        if smd:
            write("swcdn.apple.com", f"content/downloads/{system.product}/InstallAssistantAuto.smd", catalogs.metadata(system))

    whole = {"InstallAssistant.pkg"}
    sequoia = eras.install_assistant(SEQUOIA, authority, eras.base_system(SEQUOIA))
    offer(SEQUOIA, {"MajorOSInfo.pkg": b"x" * 90, "InstallAssistant.pkg": sequoia}, whole, 20, 0)
    # Another version in it than the catalog says, signed by the right key.
    offer(OLDER_SEQUOIA, {"InstallAssistant.pkg": sequoia}, whole, 10, 0)
    # Signed by somebody with a Developer ID.
    ventura = eras.install_assistant(
        VENTURA, authority, eras.base_system(VENTURA), signer="other-signer", issuer="other-authority"
    )
    offer(VENTURA, {"InstallAssistant.pkg": ventura}, whole, 15, 2, smd=True)
    # Not in the catalog: for --from.
    write("older", "InstallAssistant.pkg", eras.install_assistant(BIG_SUR, authority, eras.base_system(BIG_SUR)))
    write("forged", "InstallAssistant.pkg", eras.install_assistant(SEQUOIA, authority, eras.base_system(SEQUOIA), key="other-signer"))
    files = eras.separate_files(HIGH_SIERRA, authority, eras.base_system(HIGH_SIERRA))
    offer(HIGH_SIERRA, files, {"InstallESDDmg.pkg", "AppleDiagnostics.dmg"}, 2, 1)
    lacking = {name: content for name, content in files.items() if name != "InstallInfo.plist"}
    offer(CATALINA, lacking, set(), 3, 2, smd=True)
    released = catalogs.catalog(products)
    write("swscan.apple.com", catalogs.catalog_path(), released)
    write("swscan.apple.com", catalogs.catalog_path() + ".gz", gzip.compress(released))
    offer(TAHOE_BETA, {"InstallAssistant.pkg": b"beta"}, set(), 25, 0)
    # Under a name that says nothing of gzip.
    write("swscan.apple.com", catalogs.catalog_path("26seed-"), gzip.compress(catalogs.catalog(products)))
    for name, system in RECOVERIES.items():
        image = eras.base_system(system)
        write("oscdn.apple.com", f"content/{name}/BaseSystem.dmg", image)
        write("oscdn.apple.com", f"content/{name}/BaseSystem.chunklist", eras.signed_chunklist(image, authority))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path
    lock = threading.Lock()
    used: dict[int, int] = {}
    sessions: set[str] = set()

    def _fault(self, path: str, kind: str) -> Any:  # noqa: ANN401
        """The value of a fault that takes place now."""
        try:
            faults = json.loads((self.root / "faults.json").read_text())
        except FileNotFoundError:
            return None
        for number, fault in enumerate(faults):
            if kind in fault and fault["path"] in path:
                with self.lock:
                    count = self.used.get(number, 0)
                    if count >= fault.get("times", 1 << 30):
                        continue
                    self.used[number] = count + 1
                return fault[kind]
        return None

    def _log(self) -> None:
        with self.lock, (self.root / "requests").open("a") as log:
            log.write(f"{self.command} {urlsplit(self.path).path} {self.headers.get('Range', '-')}\n")

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self._log()
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        asked = dict(line.split("=", 1) for line in body.split("\n"))
        session = self.headers.get("Cookie", "").removeprefix("session=")
        shape = {"cid": 16, "sn": 17, "bid": 20, "k": 64, "fg": 64}
        if session not in self.sessions or any(len(asked.get(key, "")) != size for key, size in shape.items()):
            return self._send(400)
        if status := self._fault(path, "status"):
            return self._send(status)
        name = self._fault(path, "board") or BOARDS.get(asked["bid"])
        if name is None:
            return self._send(403)
        token = f"expires={int(time.time() * 1000)}~access={name}~md5={len(self.sessions)}"
        self.sessions.add(token)
        url = f"http://oscdn.apple.com/content/{name}/BaseSystem"
        lines = {"AP": RECOVERIES[name].product, "AU": f"{url}.dmg", "AH": "0" * 64, "AT": token}
        lines |= {"CU": f"{url}.chunklist", "CH": "0" * 64, "CT": token}
        return self._send(200, "".join(f"{key}: {value}\n" for key, value in lines.items()).encode())

    def do_GET(self) -> None:
        self._log()
        path = urlsplit(self.path).path.lstrip("/")
        if status := self._fault(path, "status"):
            return self._send(status)
        if path == "osrecovery.apple.com/":
            session = f"s{time.time_ns()}"
            self.sessions.add(session)
            return self._send(200, b"", {"Set-Cookie": f"session={session}; path=/; secure"})
        if path.startswith("oscdn.apple.com/"):
            token = self.headers.get("Cookie", "").removeprefix("AssetToken=")
            if token not in self.sessions:
                return self._send(403)
            if self._fault(path, "expire"):
                self.sessions.discard(token)
                return self._send(403)
        return self._file(path)

    def _file(self, path: str) -> None:
        file = self.root / "hosts" / path
        if not file.is_file() or not file.resolve().is_relative_to(self.root.resolve()):
            return self._send(404)
        data = bytearray(file.read_bytes())
        if (place := self._fault(path, "flip")) is not None:
            data[place] ^= 1
        tag = f'"{len(data)}-{file.stat().st_mtime_ns}"'
        if self.headers.get("If-None-Match") == tag:
            return self._send(304)
        start, end, status = 0, len(data), 200
        headers = {"ETag": tag}
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(found[1]), min(int(found[2] or len(data)) + 1, len(data))
            if start >= len(data):
                return self._send(416)
            status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{len(data)}"
        body = bytes(data[start:end])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if (count := self._fault(path, "cut")) is not None:
            self.wfile.write(body[:count])
            self.close_connection = True
        elif (count := self._fault(path, "stall")) is not None:
            self.wfile.write(body[:count])
            self.wfile.flush()
            time.sleep(60)
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to report."""


def main(words: list[str]) -> None:
    root = Path(words[0])
    authority = Authority(root / "keys")
    build(root / "hosts", authority)
    Handler.root = root
    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "http"
        if "--https" in words:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.web_certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        ready = {
            "url": f"{scheme}://127.0.0.1:{server.server_address[1]}",
            "root": authority.root_digest(),
            "modulus": authority.chunklist_modulus(),
            "web_root": str(authority.web_root),
        }
        (root / "ready.tmp").write_text(json.dumps(ready))
        (root / "ready.tmp").rename(root / "ready.json")
        print("ready", flush=True)
        server.serve_forever()

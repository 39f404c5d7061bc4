#!/usr/bin/env python3
"""A stand-in of QEMU: it speaks QMP, writes the mailbox as the script in the recovery does, and plays what SCENARIO names.

Found in PATH as qemu-system-x86_64. The scenario is a directory with two lists of steps, one a line, "recovery" and "system":

    wait SECONDS      keys N            until N commands send-key came      say TEXT           a message of the script
    event NAME JSON   exit STATUS       die SIGNAL                          command NAME       until this command came
    install           writes the disk   reset, shutdown CAUSE               silence            until the end
    once LIST         the first time, this list in place of the rest
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

HELP = {
    "--version": "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)",
    "-machine help": "Supported machines are:\npc-q35-7.2           Standard PC (Q35 + ICH9, 2009)",
    "-device help": 'name "vmware-svga", bus PCI\nname "VGA", bus PCI',
}


class Machine:
    def __init__(self, words: list[str]) -> None:
        options = [word for word, flag in zip(words[1:], words, strict=False) if flag in ("-drive", "-chardev")]
        values = [dict(part.split("=", 1) for part in option.split(",") if "=" in part) for option in options]
        self.socket = next(value["path"] for option, value in zip(options, values, strict=True) if option.startswith("socket,"))
        self.disk = next(value["file"] for value in values if value.get("id") == "system-drive")
        self.exchange = next((value["file"] for value in values if value.get("id") == "exchange-drive"), None)
        self.part = "recovery" if self.exchange else "system"
        self.commands: list[str] = []
        self.connection: socket.socket | None = None
        self.lock = threading.Lock()
        self.number = 0

    def send(self, message: dict) -> None:
        with self.lock:
            if self.connection is not None:
                self.connection.sendall(json.dumps(message).encode() + b"\r\n")

    def serve(self) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.bind(self.socket)
        server.listen(1)
        while True:
            connection, _ = server.accept()
            self.connection = connection
            self.send({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}})
            for line in connection.makefile("r"):
                order = json.loads(line)
                name, answer = order["execute"], {}
                if name == "screendump":
                    Path(order["arguments"]["filename"]).write_bytes(b"\x89PNG stand-in")
                if name == "query-blockstats":
                    answer = [{"device": "system-drive", "stats": {"wr_bytes": 0}}]
                self.send({"return": answer, **({"id": order["id"]} if "id" in order else {})})
                self.commands.append(name)
                if name == "quit":
                    self.event("SHUTDOWN", {"guest": False, "reason": "host-qmp-quit"})
                    os._exit(0)

    def event(self, name: str, data: dict | None = None) -> None:
        self.send({"event": name, "timestamp": {"seconds": 1, "microseconds": 2}, **({"data": data} if data else {})})

    def count(self, command: str) -> int:
        return self.commands.count(command)

    def say(self, text: str) -> None:
        """A block of the mailbox, which is the second partition of the disk: its entry in the GPT says where."""
        self.number += 1
        with Path(self.exchange).open("r+b") as disk:
            disk.seek(2 * 512 + 128 + 32)
            start = int.from_bytes(disk.read(8), "little") * 512
            body = f"{self.number} {text}".encode()
            line = f"macos-virt {self.number} {len(text)} {zlib.adler32(body)} {text}"
            disk.seek(start + self.number % 256 * 4096)
            disk.write(line.encode().ljust(4095) + b"\n")

    def play(self, scenario: Path) -> None:
        while self.count("qmp_capabilities") == 0:
            time.sleep(0.01)
        for line in (scenario / self.part).read_text().splitlines():
            word, _, rest = line.partition(" ")
            match word:
                case "wait": time.sleep(float(rest))
                case "keys":
                    while self.count("send-key") < int(rest): time.sleep(0.01)
                case "command":
                    while self.count(rest) == 0: time.sleep(0.01)
                case "say": self.say(rest)
                case "event":
                    name, _, data = rest.partition(" ")
                    self.event(name, json.loads(data) if data else None)
                case "install": subprocess.run(["cp", "--sparse=always", scenario / "system.img", self.disk], check=True)
                case "reset": self.event("RESET", {"guest": True, "reason": "guest-reset"})
                case "shutdown":
                    self.event("SHUTDOWN", {"guest": True, "reason": rest})
                    os._exit(0)
                case "exit": os._exit(int(rest))
                case "die": os.kill(os.getpid(), getattr(signal, rest))
                case "silence": threading.Event().wait()
                case "once":
                    if (scenario / f"{rest}.begun").exists():
                        continue
                    (scenario / f"{rest}.begun").touch()
                    self.part = rest
                    return self.play(scenario)
                case _: raise SystemExit(f"no such step: {line}")
        threading.Event().wait()
        return None


def main() -> None:
    words = sys.argv[1:]
    for asked, answer in HELP.items():
        if " ".join(words) == asked:
            print(answer)
            return
    scenario = Path(os.environ["SCENARIO"])
    if (scenario / "refuses").exists():
        print("qemu-system-x86_64: -device: no such thing", file=sys.stderr)
        sys.exit(1)
    machine = Machine(words)
    with (scenario / "starts").open("a") as starts:
        starts.write(machine.part + "\n")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=machine.serve, daemon=True).start()
    machine.play(scenario)


if __name__ == "__main__":
    main()

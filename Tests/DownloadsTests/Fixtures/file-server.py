"""A file server with faults on demand, on this machine.

    file-server.py DIRECTORY

Prints its port. `/NAME?FAULT=VALUE&...` is a file of the directory; a fault takes place as often as `times` says (always without it):

    status=N      answers with this status         cut=N       ends the connection after N bytes of an answer
    stall=N       sends N bytes, then nothing      flip=N      changes the byte N of the file; answers without that byte do not count
    whole=1       ignores ranges                   long=N      sends N bytes more than it announces
    to=URL        redirects                        need=TEXT   403 unless the header Cookie is this text
    chunked=1     says no length

`requests` in the directory records what was asked: path, range, and how many requests were open at that moment.
"""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(sys.argv[1])
LOCK = threading.Lock()
COUNTS: dict[str, int] = {}
OPEN = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        global OPEN
        with LOCK:
            OPEN += 1
            with (ROOT / "requests").open("a") as log:
                log.write(f"{urlsplit(self.path).path} {self.headers.get('Range', '-')} {OPEN}\n")
        try:
            self._answer()
        finally:
            with LOCK:
                OPEN -= 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = f"{self.headers.get('Cookie', '')}|".encode() + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Kind", "echo")
        self.end_headers()
        self.wfile.write(answer)

    def _faults(self) -> dict[str, str]:
        faults = dict(parse_qsl(urlsplit(self.path).query))
        return faults if "flip" in faults or self._counts(faults) else {}

    def _counts(self, faults: dict[str, str]) -> bool:
        """Whether a fault takes place this time."""
        with LOCK:
            COUNTS[self.path] = COUNTS.get(self.path, 0) + 1
            return "times" not in faults or COUNTS[self.path] <= int(faults["times"])

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self) -> None:
        faults = self._faults()
        if "need" in faults and self.headers.get("Cookie") != faults["need"]:
            return self._refuse(403)
        if "status" in faults:
            return self._refuse(int(faults["status"]))
        if "to" in faults:
            self.send_response(302)
            self.send_header("Location", faults["to"])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        file = ROOT / urlsplit(self.path).path.strip("/")
        if not file.is_file():
            return self._refuse(404)
        data = bytearray(file.read_bytes())
        tag = f'"{len(data)}-{hash(bytes(data))}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return None
        start, end = 0, len(data)
        asked = self.headers.get("Range", "")
        if asked and "whole" not in faults:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1 if last else len(data), len(data))
            if start >= len(data):
                return self._refuse(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        else:
            self.send_response(200)
        if "flip" in faults and start <= int(faults["flip"]) < end and self._counts(faults):
            data[int(faults["flip"])] ^= 1
        body = bytes(data[start:end])
        self.send_header("ETag", tag)
        if "chunked" in faults:
            self.send_header("Connection", "close")
            self.close_connection = True
            body += bytes(int(faults.get("long", "0")))
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "stall" in faults:
            self.wfile.write(body[: int(faults["stall"])])
            self.wfile.flush()
            time.sleep(20)
            self.close_connection = True
        elif "cut" in faults:
            self.wfile.write(body[: int(faults["cut"])])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to report."""


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()

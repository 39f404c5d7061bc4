"""GitHub's releases in small: answers of its API and assets with byte ranges, from a directory.

    release-server.py DIRECTORY

Prints its port. `api/COMPONENT/latest` and `api/COMPONENT/tags/VERSION` are the answers, with PORT in place of its number;
`assets/NAME` the files. `assets/NAME.cut` has a number of bytes after which a download from the start breaks off;
`assets/NAME.whole` makes the server ignore ranges. `requests` records what was asked.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(sys.argv[1])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        with (ROOT / "requests").open("a") as log:
            log.write(f"{self.path} {asked}".strip() + "\n")
        words = self.path.strip("/").split("/")
        if words[:2] == ["repos", "acidanthera"] and words[3] == "releases":
            self._answer(ROOT / "api" / "/".join([words[2], *words[4:]]), "")
        else:
            self._answer(ROOT / self.path.strip("/"), asked)

    def _answer(self, file: Path, asked: str) -> None:
        if not file.is_file():
            self.send_error(404)
            return
        data = file.read_bytes()
        if file.is_relative_to(ROOT / "api"):
            data = data.replace(b"PORT", str(self.server.server_address[1]).encode())
        start = 0
        if asked.startswith("bytes=") and not file.with_name(file.name + ".whole").exists():
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cut = file.with_name(file.name + ".cut")
        if start == 0 and cut.exists():
            data = data[: int(cut.read_text())]
        self.wfile.write(data[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()

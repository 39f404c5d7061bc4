"""A web server on this machine's loopback. The guest asks it for a page, which proves that NAT works."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.waiting import Events

from .events import Page

#: QEMU's user network leads this address to the loopback of the machine it runs on.
SEEN_FROM_INSIDE = "10.0.2.2"
PAGE = "hello from L0"


class Web:
    def __init__(self, events: Events) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                events.put(Page(self.path))
                self.send_response(200)
                self.send_header("Content-Length", str(len(PAGE) + 1))
                self.end_headers()
                self.wfile.write(PAGE.encode() + b"\n")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

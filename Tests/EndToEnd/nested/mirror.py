"""A Debian mirror on this machine's loopback, of packages that were downloaded before."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.paths import scratch_directory
from harness.programs import run

#: Its suites: one with all of the packages, and one that lacks a package.
COMPLETE, LACKING = "complete", "lacking"


def downloaded_packages() -> Path:
    """Where mklinux keeps what it downloads."""
    caches = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(caches) if caches.startswith("/") else Path.home() / ".cache"
    return base / "macos-virt/debian-trixie/archives"


class Mirror:
    """Use it as a context. Its lists are signed with a key of its own."""

    def __init__(self, folder: Path, packages: Iterable[Path], missing: str) -> None:
        """`missing` is the name of the package that one of its suites lacks."""
        self._root = folder / "mirror"
        #: The file for --keyring.
        self.keyring = folder / "mirror.gpg"
        pool = self._root / "pool"
        pool.mkdir(parents=True)
        for package in packages:
            shutil.copyfile(package, pool / package.name)
        index = run("apt-ftparchive", "packages", "pool", cwd=self._root)
        rest = "\n\n".join(entry for entry in index.split("\n\n") if f"Package: {missing}\n" not in entry + "\n")
        # gpg makes sockets there, whose paths must be short: not below the folder of the test.
        with scratch_directory() as folder_of_keys:
            self._home = folder_of_keys
            self._gpg("--passphrase", "", "--quick-generate-key", "mirror of the test", "ed25519", "sign", "never")
            for suite, entries in ((COMPLETE, index), (LACKING, rest)):
                self._add(suite, entries)
                self._add(f"{suite}-updates", "")
            self._gpg("--output", str(self.keyring), "--export")
            # gpg has started its agent as a daemon.
            run("gpgconf", "--homedir", self._home, "--kill", "all")
        handler = partial(_Quiet, directory=str(self._root))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def options(self, suite: str) -> list[str]:
        """The options of mklinux for this mirror."""
        return ["--mirror", self.url, "--suite", suite, "--keyring", str(self.keyring), "--security-mirror", "none"]

    def _add(self, suite: str, entries: str) -> None:
        place = self._root / "dists" / suite
        lists = place / "main/binary-amd64"
        lists.mkdir(parents=True)
        (lists / "Packages").write_text(entries)
        fields = {"Suite": suite, "Codename": suite, "Components": "main", "Architectures": "amd64"}
        words = [word for key, value in fields.items() for word in ("-o", f"APT::FTPArchive::Release::{key}={value}")]
        release = run("apt-ftparchive", *words, "release", place)
        run(*self._gpg_words(), "--clearsign", "--output", place / "InRelease", input=release)

    def _gpg(self, *words: str) -> None:
        run(*self._gpg_words(), *words)

    def _gpg_words(self) -> list[str]:
        return ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--pinentry-mode", "loopback"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

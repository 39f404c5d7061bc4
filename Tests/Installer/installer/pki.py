"""Keys and certificates in the place of Apple's, made by openssl."""

from __future__ import annotations

from pathlib import Path

from harness.programs import run

AUTHORITY = "Apple Software Update Certification Authority"
_RSA = ("-newkey", "rsa:2048", "-nodes")


class Authority:
    """A root, an authority below it and a signer below that; a key that signs chunklists; a root and a server for https."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._root("root", "Test Root CA")
        # Apple's older certificates are signed with SHA-1.
        self._issued("authority", AUTHORITY, "root", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign", "-sha1")
        self._issued(
            # With one of Apple's markers.
            "signer", "Software Update", "authority",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning\n1.2.840.113635.100.6.1.10=critical,DER:0500",
        )
        # Everybody with a Developer ID has a certificate below the same root.
        self._issued("other-authority", "Developer ID Certification Authority", "root", "basicConstraints=critical,CA:true")
        self._issued("other-signer", "Developer ID Installer: Somebody", "other-authority", "keyUsage=critical,digitalSignature")
        run("openssl", "genrsa", "-out", self._path("chunklist.key"), "2048")
        self._root("web-root", "Test Web Root")
        self._issued("web", "127.0.0.1", "web-root", "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def _path(self, name: str) -> Path:
        return self.directory / name

    def _root(self, name: str, common_name: str) -> None:
        run(
            "openssl", "req", "-x509", *_RSA, "-keyout", self._path(f"{name}.key"), "-out", self._path(f"{name}.pem"), "-days", "3650",
            "-subj", f"/CN={common_name}", "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip

    def _issued(self, name: str, common_name: str, issuer: str, extensions: str, digest: str = "-sha256") -> None:
        request, settings = self._path(f"{name}.csr"), self._path(f"{name}.ext")
        settings.write_text(extensions + "\n")
        run("openssl", "req", *_RSA, "-keyout", self._path(f"{name}.key"), "-out", request, "-subj", f"/CN={common_name}")
        run(
            "openssl", "x509", "-req", "-in", request, "-CA", self._path(f"{issuer}.pem"), "-CAkey", self._path(f"{issuer}.key"),
            digest, "-CAcreateserial", "-days", "3650", "-extfile", settings, "-out", self._path(f"{name}.pem"),
        )  # fmt: skip

    def chain(self, *names: str) -> list[str]:
        """The certificates in DER and base 64."""
        return ["".join(self._path(f"{name}.pem").read_text().splitlines()[1:-1]) for name in names]

    def root_digest(self) -> str:
        """The SHA-256 of the root certificate in DER."""
        said = run("openssl", "x509", "-in", self._path("root.pem"), "-noout", "-fingerprint", "-sha256")
        return said.strip().split("=")[1].replace(":", "").lower()

    def chunklist_modulus(self) -> str:
        """In hexadecimal."""
        return run("openssl", "rsa", "-in", self._path("chunklist.key"), "-noout", "-modulus").strip().split("=")[1]

    def sign(self, data: bytes, key: str, digest: str) -> bytes:
        """A signature by PKCS #1, version 1.5."""
        text, seal = self._path("text"), self._path("seal")
        text.write_bytes(data)
        run("openssl", "dgst", f"-{digest}", "-sign", self._path(f"{key}.key"), "-out", seal, text)
        return seal.read_bytes()

    @property
    def web_certificate(self) -> tuple[Path, Path]:
        return self._path("web.pem"), self._path("web.key")

    @property
    def web_root(self) -> Path:
        return self._path("web-root.pem")


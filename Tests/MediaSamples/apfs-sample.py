"""Makes an APFS container with the volumes of a macOS: apfs-sample.py FILE

The System volume is sealed, and the others are not. FILE.tree gets the same files, a directory for each volume.
"""

import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Harness"))

from harness import apfs  # noqa: E402

_VERSION = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>ProductBuildVersion</key><string>24G90</string><key>ProductVersion</key><string>15.6.1</string>
</dict></plist>
"""


def main() -> None:
    image = Path(sys.argv[1])
    many = {f"many/file {index}": b"%d" % index * index for index in range(80)}
    group = uuid.UUID("11111111-2222-3333-4444-555555555555")
    big = bytes(range(256)) * 5000
    system = {"System/Library/CoreServices/SystemVersion.plist": _VERSION.encode(), "big": big, **many}
    volumes = [
        apfs.Volume("Macintosh HD", apfs.SYSTEM, system, sealed=True, group=group),
        apfs.Volume("Macintosh HD - Data", apfs.DATA, {"Users/me/a.txt": b"hello", "empty": b"", **many}, group=group),
        apfs.Volume("Preboot", apfs.PREBOOT, {"a/b/c": big[:4096]}),
    ]
    apfs.make(image, 1 << 30, volumes)
    for volume in volumes:
        for path, content in volume.files.items():
            file = Path(f"{image}.tree") / volume.name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


if __name__ == "__main__":
    main()

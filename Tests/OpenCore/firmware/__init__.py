"""Starting OpenCore disks in QEMU and looking at what happens."""

"""What a QEMU 7.2 says over QMP, as far as `boot` reads it, and as long: the rest of each answer is filling."""

from __future__ import annotations

import json

DEVICES = ["virtio-blk-pci", "virtio-net-pci", "vmxnet3", "e1000-82545em", "qemu-xhci", "usb-kbd", "usb-tablet", "VGA", "isa-applesmc"]
DEVICES += ["ich9-ahci", "ide-hd", "virtio-rng-pci", "virtio-balloon-pci", "pcie-root-port", "vmware-svga", "nvme"]
MODELS = ["Skylake-Client-v4", "Haswell-noTSX", "Penryn", "qemu64"]
OPTIONS = ["sandbox", "smp-opts", "memory", "boot-opts", "machine", "vnc", "overcommit", "action"]
# Bytes of each answer of Debian 12's QEMU 7.2.22.
LENGTHS = {"machines": 10_983, "devices": 24_706, "cpus": 34_897, "options": 17_886, "schema": 207_014}


def answers() -> bytes:
    machine = {"hotpluggable-cpus": True, "numa-mem-supported": False, "cpu-max": 288, "deprecated": False, "default-ram-id": "pc.ram"}
    model = {"unavailable-features": ["kvm", "pcid", "invpcid"], "static": False, "migration-safe": True, "deprecated": False}
    value = {
        "machines": _fill("machines", [{**machine, "name": f"pc-q35-7.{minor}"} for minor in (2, 1, 0)], machine),
        "devices": _fill("devices", [{"name": name, "parent": "pci-device"} for name in DEVICES], {"parent": "virtio-device"}),
        "cpus": _fill("cpus", [{**model, "name": name, "typename": f"{name}-x86_64-cpu"} for name in MODELS], model),
        "options": _fill("options", [_option(name) for name in OPTIONS], _option("")),
        "schema": _fill(
            "schema",
            [{"name": "99", "meta-type": "enum", "values": ["threads", "native", "io_uring"]}],
            {"ret-type": "1", "meta-type": "command", "arg-type": "0", "members": [{"name": "id", "type": "str"}, {"name": "in", "type": "int"}]},
        ),
    }
    greeting = {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "stand-in"}, "capabilities": ["oob"]}}
    lines = [greeting, {"return": {}}, *({"return": entries, "id": name} for name, entries in value.items())]
    return "".join(json.dumps(line) + "\r\n" for line in lines).encode()


def _option(name: str) -> dict:
    help = "a sentence of help as QEMU has it for most of its parameters"
    return {"option": name, "parameters": [{"name": f"parameter{number}", "help": help, "type": "string"} for number in range(3)]}


def _fill(question: str, entries: list[dict], filling: dict) -> list[dict]:
    """`entries`, and copies of `filling` under names of their own, until the answer is as long as QEMU's."""
    key = "option" if question == "options" else "name"
    length = len(json.dumps(entries))
    while length < LENGTHS[question]:
        entry = {**filling, key: f"filling-{len(entries)}"}
        entries.append(entry)
        length += len(json.dumps(entry)) + 2
    return entries

#!/usr/bin/env python3
"""Writes the saved machines beside this file: what /proc, /sys, /etc and /dev of nine machines show, as far as `boot` reads it.

Made by hand after the files of such machines and the kernel's formats, not copied from any one of them: serial numbers,
addresses and identifiers are invented (RFC 5737 and RFC 3849 addresses, locally administered MACs).
    python3 generate.py        # replaces the directories
The hosts' golden facts (*.json) come from the tests: BOOT_UPDATE_GOLDENS=1 swift test --filter SavedHostTests
"""
import os, shutil, struct, uuid, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
GIB = 1 << 30

BASE = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx"
HASWELL = (BASE + " ss pdpe1gb rdtscp lm constant_tsc rep_good nopl xtopology cpuid pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2"
           " x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand lahf_lm abm fsgsbase tsc_adjust bmi1 avx2 smep bmi2"
           " erms invpcid xsaveopt arat")
SKYLAKE = HASWELL + " 3dnowprefetch mpx rdseed adx smap clflushopt xsavec xgetbv1 xsaves"
BARE = " dtes64 monitor ds_cpl vmx est tm2 xtpr pdcm nonstop_tsc aperfmperf tpr_shadow flexpriority ept vpid ept_ad"
SERVER = " avx512f avx512dq avx512cd avx512bw avx512vl clwb"
ZEN2 = (BASE + " mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid extd_apicid pni pclmulqdq ssse3 fma cx16"
        " sse4_1 sse4_2 movbe popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse"
        " 3dnowprefetch osvw topoext fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1"
        " clzero xsaveerptr arat npt lbrv nrip_save tsc_scale vmcb_clean flushbyasid decodeassists avic v_vmsave_vmload vgif umip rdpid")


def cpus(vendor, family, model, name, flags, topology, numbered=True):
    """topology: (package, core) of each processor."""
    packages = {p: len({c for q, c in topology if q == p}) for p, _ in topology}
    threads = {p: sum(q == p for q, _ in topology) for p, _ in topology}
    blocks = []
    for i, (package, core) in enumerate(topology):
        lines = [("processor\t", i), ("vendor_id\t", vendor), ("cpu family\t", family), ("model\t\t", model), ("model name\t", name),
                 ("stepping\t", 1), ("microcode\t", "0xffffffff"), ("cpu MHz\t\t", "%.3f" % (2600 + 37.5 * (i % 7))), ("cache size\t", "16384 KB")]
        if numbered:
            lines += [("physical id\t", package), ("siblings\t", threads[package]), ("core id\t\t", core), ("cpu cores\t", packages[package]),
                      ("apicid\t\t", i), ("initial apicid\t", i)]
        lines += [("fpu\t\t", "yes"), ("fpu_exception\t", "yes"), ("cpuid level\t", 22), ("wp\t\t", "yes"), ("flags\t\t", flags),
                  ("bugs\t\t", "spectre_v1 spectre_v2 spec_store_bypass"), ("bogomips\t", "5200.00"), ("clflush size\t", 64),
                  ("cache_alignment\t", 64), ("address sizes\t", "46 bits physical, 48 bits virtual")]
        blocks.append("".join("%s: %s\n" % line for line in lines) + "power management:\n\n")
    return "".join(blocks)


def meminfo(total, available, swap=0, hugepages=0):
    rows = [("MemTotal", total), ("MemFree", available * 3 // 4), ("MemAvailable", available), ("Buffers", 64 << 20),
            ("Cached", available // 4), ("SwapCached", 0), ("SwapTotal", swap), ("SwapFree", swap)]
    text = "".join("%-15s %8d kB\n" % (key + ":", value // 1024) for key, value in rows)
    return text + "HugePages_Total:   %5d\nHugePages_Free:    %5d\nHugepagesize:       2048 kB\n" % (hugepages, hugepages)


def status(allowed, uid=0, capabilities=0x1ffffffffff):
    return ("Name:\tboot\nUmask:\t0022\nState:\tR (running)\nPid:\t412\nUid:\t%d\t%d\t%d\t%d\nGid:\t0\t0\t0\t0\nVmRSS:\t    9216 kB\n"
            "CapInh:\t0000000000000000\nCapPrm:\t%016x\nCapEff:\t%016x\nCapBnd:\t%016x\nNoNewPrivs:\t0\nCpus_allowed_list:\t%s\n"
            % (uid, uid, uid, uid, capabilities, capabilities, capabilities, allowed))


def hex4(address):
    return "%08X" % struct.unpack("<I", bytes(int(part) for part in address.split(".")))[0]


def routes4(rows):
    """(interface, destination, prefix length, gateway or None, metric)"""
    text = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    for link, destination, prefix, gateway, metric in rows:
        mask = ".".join(str((0xffffffff << (32 - prefix) >> shift) & 255) for shift in (24, 16, 8, 0))
        flags = 1 | (2 if gateway else 0) | (4 if prefix == 32 else 0)
        text += "%s\t%s\t%s\t%04X\t0\t0\t%d\t%s\t0\t0\t0\n" % (link, hex4(destination), hex4(gateway or "0.0.0.0"), flags, metric, hex4(mask))
    return text


def routes6(rows):
    """(destination, prefix length, gateway, metric, flags, interface); then what every kernel has of its own."""
    own = [("00000000000000000000000000000001", 0x80, "0" * 32, 0, 0x80200001, "lo"), ("0" * 32, 0, "0" * 32, 0xffffffff, 0x00200200, "lo")]
    return "".join("%s %02x %s 00 %s %08x 00000001 00000000 %08x %8s\n" % (d, p, "0" * 32, g, m, f, i) for d, p, g, m, f, i in rows + own)


def link(index, mtu=1500, state="up", device=True):
    files = {"ifindex": index, "mtu": mtu, "operstate": state}
    if device:
        files["device/uevent"] = ""
    return files


LO = link(1, 65536, "unknown", False)


def disk(gib, number, model=None, vendor=None, rotational=0, block=512, ro=0, parts=(), **files):
    tree = {"size": gib * GIB // 512, "dev": number, "ro": ro, "removable": 0, "queue/rotational": rotational, "queue/logical_block_size": block}
    if model:
        tree["device/model"] = model + "   "
    if vendor:
        tree["device/vendor"] = vendor + "     "
    for name, dev in parts:
        tree["%s/dev" % name] = dev
        tree["%s/partition" % name] = 1
    tree.update({name.replace("__", "/"): value for name, value in files.items()})
    return tree


def vpd80(serial):
    return struct.pack(">BBH", 0, 0x80, len(serial)) + serial.encode()


ESP, APFS, HFS = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "7C3457EF-0000-11AA-AA11-00306543ECAC", "48465300-0000-11AA-AA11-00306543ECAC"
LINUX, BIOS = "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "21686148-6449-6E6F-744E-656564454649"


def gpt(gib, partitions, block=512):
    """The first blocks of a disk: protective MBR, header, 128 entries. partitions: (type, name, first block, last block or 0)"""
    last = gib * GIB // block - 1
    entries = b""
    for number, (kind, name, first, end) in enumerate(partitions):
        identifier = uuid.uuid5(uuid.NAMESPACE_OID, "%s %d" % (name, number))
        entries += struct.pack("<16s16sQQQ72s", uuid.UUID(kind).bytes_le, identifier.bytes_le, first, end or last - 40, 0, name.encode("utf-16le"))
    entries = entries.ljust(128 * 128, b"\0")
    def header(checksum):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, 1, last, 34, last - 33,
                           uuid.uuid5(uuid.NAMESPACE_OID, "disk").bytes_le, 2, 128, 128, zlib.crc32(entries))
    mbr = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xee, b"\xff\xff\xff", 1, min(last, 0xffffffff)) + bytes(48) + b"\x55\xaa"
    return mbr.ljust(block, b"\0") + header(zlib.crc32(header(0))).ljust(block, b"\0") + entries


MACOS = [(ESP, "EFI System Partition", 40, 409639), (APFS, "Macintosh HD", 409640, 0)]
DEBIAN = [(BIOS, "", 2048, 4095), (ESP, "", 4096, 262143), (LINUX, "", 262144, 0)]

MOUNTS = """21 27 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
23 27 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=8109664k
%s
30 21 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""
PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"


def module(name, **parameters):
    return {"sys/module/%s/refcnt" % name: 0, **{"sys/module/%s/parameters/%s" % (name, key): value for key, value in parameters.items()}}


KVM = module("kvm", ignore_msrs="N", report_ignored_msrs="Y", halt_poll_ns=200000, tdp_mmu="Y", nx_huge_pages="N")
KVM_INTEL = module("kvm_intel", nested="Y", ept="Y", unrestricted_guest="Y", vpid="Y", enable_apicv="Y", emulate_invalid_guest_state="Y")
KVM_AMD = module("kvm_amd", nested=1, npt="Y", avic="N")


def host(name, *, cpuinfo, memory, allowed, release, root_mount, links, r4, r6=(), disks, clock="tsc", thp="madvise", cmdline="", files=None,
         symlinks=None, cgroup="0::/system.slice/boot.service\n", mounts=None, resolv="nameserver 192.0.2.53\n", status_text=None, swaps="",
         uplinks=(), qemu=True):
    directory = os.path.join(HERE, name)
    shutil.rmtree(directory, ignore_errors=True)
    tree = {
        "proc/cpuinfo": cpuinfo, "proc/meminfo": memory, "proc/self/status": status_text or status(allowed), "proc/self/cgroup": cgroup,
        "proc/self/mountinfo": mounts or MOUNTS % root_mount, "proc/cmdline": cmdline or "root=/dev/sda3 ro quiet console=ttyS0",
        "proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" + swaps, "proc/sys/kernel/osrelease": release,
        "proc/net/route": routes4(r4), "proc/net/ipv6_route": routes6(list(r6)), "etc/resolv.conf": resolv, "etc/passwd": PASSWD,
        "etc/machine-id": uuid.uuid5(uuid.NAMESPACE_OID, name).hex,
        "sys/class/dmi/id/product_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, name + " product")),
        "sys/devices/system/clocksource/clocksource0/current_clocksource": clock,
        "sys/kernel/mm/transparent_hugepage/enabled": "always madvise never".replace(thp, "[%s]" % thp),
        "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 0, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": 0,
        "proc/sys/net/ipv4/ip_forward": 0, "proc/sys/net/ipv6/conf/all/forwarding": 0, "proc/sys/net/ipv6/conf/all/disable_ipv6": 0,
        "usr/sbin/dnsmasq": "", "lib/modules/%s/modules.builtin" % release: "kernel/fs/ext4/ext4.ko\nkernel/drivers/block/virtio_blk.ko\n",
    }
    for uplink in uplinks:
        tree["proc/sys/net/ipv6/conf/%s/accept_ra" % uplink] = 1
    for device, attributes in {"lo": LO, **links}.items():
        tree.update({"sys/class/net/%s/%s" % (device, key): value for key, value in attributes.items()})
    for device, attributes in disks.items():
        tree.update({"sys/block/%s/%s" % (device, key): value for key, value in attributes.items()})
    tree.update(files or {})
    if qemu:
        tree["usr/share/macos-virt/qemu.json"] = open(os.path.join(HERE, "qemu-7.2.json")).read()
    for path, content in tree.items():
        path = os.path.join(directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not isinstance(content, bytes):
            content = str(content)
            content = (content if content == "" or content.endswith("\n") else content + "\n").encode()
        with open(path, "wb") as file:
            file.write(content)
    for path, target in (symlinks or {}).items():
        path = os.path.join(directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)


EXT4 = "27 1 8:3 / / rw,relatime shared:1 - ext4 /dev/sda3 rw,errors=remount-ro"

# Bare metal, a desktop: four cores with two threads each; macOS on the second disk.
host("intel-1s", release="6.1.0-28-amd64", allowed="0-7", root_mount=EXT4,
     cpuinfo=cpus("GenuineIntel", 6, 94, "Intel(R) Core(TM) i7-6700 CPU @ 3.40GHz", SKYLAKE + BARE, [(0, i % 4) for i in range(8)]),
     memory=meminfo(16 * GIB - 300 * 2**20, 14 * GIB, swap=GIB), swaps="/dev/sda4                               partition\t1048572\t\t0\t\t-2\n",
     links={"enp0s31f6": link(2), "wlp1s0": link(3, state="down")},
     r4=[("enp0s31f6", "0.0.0.0", 0, "192.168.1.1", 100), ("enp0s31f6", "192.168.1.0", 24, None, 100)],
     r6=[("20010db8000100000000000000000000", 64, "0" * 32, 0x100, 0x40001, "enp0s31f6"),
         ("fe800000000000000000000000000000", 64, "0" * 32, 0x100, 1, "enp0s31f6"),
         ("0" * 32, 0, "fe800000000000000000000000000001", 0x64, 0x450003, "enp0s31f6"),
         ("20010db8000100000000000000000002", 128, "0" * 32, 0, 0x80200001, "enp0s31f6"),
         ("ff000000000000000000000000000000", 8, "0" * 32, 0x100, 1, "enp0s31f6")],
     uplinks=["enp0s31f6"], resolv="# made by NetworkManager\nsearch example.org\nnameserver 127.0.0.53\noptions edns0 trust-ad\n",
     disks={"sda": disk(224, "8:0", "KINGSTON SA400S3", "ATA", parts=[("sda1", "8:1"), ("sda2", "8:2"), ("sda3", "8:3"), ("sda4", "8:4")],
                        device__vpd_pg80=vpd80("50026B7700000001    ")),
            "sdb": disk(465, "8:16", "Samsung SSD 860 ", "ATA", parts=[("sdb1", "8:17"), ("sdb2", "8:18")], device__vpd_pg80=vpd80("S3Z1NB0K000001A")),
            "sr0": disk(1, "11:0", "DVD-RW", "HL-DT-ST", rotational=1), "loop0": disk(1, "7:0")},
     files={"dev/sda": gpt(224, DEBIAN), "dev/sdb": gpt(465, MACOS), "dev/kvm": "", "dev/net/tun": "", **KVM, **KVM_INTEL},
     symlinks={"dev/disk/by-id/ata-Samsung_SSD_860_EVO_500GB_S3Z1NB0K000001A": "../../sdb",
               "dev/disk/by-id/ata-Samsung_SSD_860_EVO_500GB_S3Z1NB0K000001A-part2": "../../sdb2",
               "dev/disk/by-id/ata-KINGSTON_SA400S37240G_50026B7700000001": "../../sda",
               "dev/disk/by-path/pci-0000:00:17.0-ata-2": "../../sdb"})

# Bare metal, two sockets: core numbers have gaps and repeat in the second package. Two uplinks; a part of memory is in the hugepage pool.
CORES = [0, 1, 3, 5]
host("intel-2s", release="6.8.0-52-generic", allowed="0-15", root_mount=EXT4.replace("8:3", "253:0").replace("/dev/sda3", "/dev/mapper/vg0-root"),
     cpuinfo=cpus("GenuineIntel", 6, 63, "Intel(R) Xeon(R) CPU E5-2637 v3 @ 3.50GHz", HASWELL + BARE,
                  [(p, c) for _ in range(2) for p in range(2) for c in CORES]),
     memory=meminfo(64 * GIB, 40 * GIB, hugepages=8192), thp="always",
     links={"eno1": link(2), "eno2": link(3, 9000), "virbr0": link(4, state="down", device=False)},
     r4=[("eno2", "0.0.0.0", 0, "198.51.100.1", 200), ("eno1", "0.0.0.0", 0, "192.0.2.1", 100), ("eno1", "192.0.2.0", 25, None, 100),
         ("virbr0", "192.168.122.0", 24, None, 0), ("eno2", "198.51.100.0", 24, None, 200)], uplinks=["eno1", "eno2"],
     disks={"sda": disk(1117, "8:0", "PERC H730 Mini", "DELL", rotational=1, parts=[("sda1", "8:1"), ("sda2", "8:2"), ("sda3", "8:3")],
                        device__wwid="naa.61866da000000000000000000000000a", **{"sda3/holders/dm-0": ""}),
            "sdb": disk(558, "8:16", "PERC H730 Mini", "DELL", rotational=1, device__wwid="naa.61866da000000000000000000000000b"),
            "dm-0": disk(100, "253:0")},
     files={"dev/sda": gpt(1117, DEBIAN), "dev/sdb": bytes(512), "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 8192,
            "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": 8192, "dev/kvm": "", **KVM, **KVM_INTEL})

# Bare metal EPYC with NVMe; macOS from before APFS.
host("amd-1s", release="6.12.6-amd64", allowed="0-15", root_mount=EXT4.replace("8:3", "259:3").replace("sda3", "nvme0n1p3"),
     cpuinfo=cpus("AuthenticAMD", 23, 49, "AMD EPYC 7232P 8-Core Processor", ZEN2, [(0, c) for _ in range(2) for c in (0, 4, 8, 12, 16, 20, 24, 28)]),
     memory=meminfo(32 * GIB, 30 * GIB), links={"enp65s0f0": link(2)},
     r4=[("enp65s0f0", "0.0.0.0", 0, "203.0.113.1", 0), ("enp65s0f0", "203.0.113.0", 24, None, 0)], uplinks=["enp65s0f0"],
     disks={"nvme0n1": disk(477, "259:0", "SAMSUNG MZVLB512HBJQ-00000", parts=[("nvme0n1p%d" % i, "259:%d" % i) for i in (1, 2, 3)],
                            device__serial="S4GENX0N000001      "),
            "nvme1n1": disk(932, "259:4", "Samsung SSD 970 EVO Plus 1TB", block=4096, device__serial="S4EWNX0N000002      "),
            "nvme1c1n1": disk(932, "0:0", hidden=1)},
     files={"dev/nvme0n1": gpt(477, DEBIAN),
            "dev/nvme1n1": gpt(932, [(ESP, "EFI System Partition", 6, 76805), (HFS, "Macintosh HD", 76806, 0)], block=4096),
            "dev/kvm": "", **KVM, **KVM_AMD})

# Google Cloud n2-standard-8 with nested virtualization, started from a small image without udev: the case that this project is for.
host("gce-n2", release="6.6.71", allowed="0-7", clock="kvm-clock", thp="always", root_mount="27 1 0:2 / / rw - rootfs rootfs rw",
     cmdline="console=ttyS0 boot.guest.memory=auto", cgroup="0::/\n",
     cpuinfo=cpus("GenuineIntel", 6, 85, "Intel(R) Xeon(R) CPU @ 2.80GHz", SKYLAKE + SERVER + " nonstop_tsc vmx hypervisor tpr_shadow ept vpid avx512_vnni",
                  [(0, i // 2) for i in range(8)]),
     memory=meminfo(32 * GIB - 600 * 2**20, 31 * GIB), links={"eth0": link(2, 1460)}, uplinks=["eth0"],
     r4=[("eth0", "0.0.0.0", 0, "10.128.0.1", 0), ("eth0", "10.128.0.1", 32, None, 0)],
     resolv="search c.project.internal google.internal\nnameserver 169.254.169.254\n",
     disks={"sda": disk(10, "8:0", "PersistentDisk", "Google", rotational=1, device__wwid="t10.Google  PersistentDisk  boot"),
            "sdb": disk(100, "8:16", "PersistentDisk", "Google", rotational=1, device__wwid="t10.Google  PersistentDisk  macos")},
     files={"dev/sda": gpt(10, DEBIAN[1:]), "dev/sdb": gpt(100, MACOS), "macos/bootloader.img": bytes(510) + b"\x55\xaa", "sys/module/tun/refcnt": 0,
            "lib/modules/6.6.71/modules.builtin": "kernel/net/core/sock.ko\nkernel/drivers/net/virtio_net.ko\nkernel/net/bridge/br-netfilter.ko\n"})

# A small EC2 instance: no nested virtualization, and macOS cannot run on it.
host("no-kvm", release="6.1.115-126.197.amzn2023.x86_64", allowed="0-1", clock="kvm-clock",
     root_mount="27 1 259:1 / / rw,noatime shared:1 - xfs /dev/nvme0n1p1 rw,attr2,inode64",
     cpuinfo=cpus("GenuineIntel", 6, 85, "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", SKYLAKE + SERVER + " hypervisor nonstop_tsc", [(0, 0), (0, 0)]),
     memory=meminfo(8 * GIB - 400 * 2**20, 7 * GIB), links={"ens5": link(2, 9001)}, uplinks=["ens5"],
     r4=[("ens5", "0.0.0.0", 0, "172.31.16.1", 512), ("ens5", "172.31.16.0", 20, None, 512), ("ens5", "172.31.16.1", 32, None, 512)],
     disks={"nvme0n1": disk(8, "259:0", "Amazon Elastic Block Store", parts=[("nvme0n1p1", "259:1")], device__serial="vol00000000000000001"),
            "nvme1n1": disk(80, "259:2", "Amazon Elastic Block Store", device__serial="vol00000000000000002")},
     files={"dev/nvme0n1": gpt(8, DEBIAN), "dev/nvme1n1": gpt(80, MACOS)}, qemu=False)

# One CPU and a kernel that numbers neither packages nor cores; disks of virtio; not root.
host("one-cpu", release="6.1.0-28-cloud-amd64", allowed="0", clock="kvm-clock",
     root_mount="27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw", status_text=status("0", 1000, 0),
     cpuinfo=cpus("GenuineIntel", 6, 94, "Intel Core Processor (Skylake, IBRS)", SKYLAKE + " vmx hypervisor", [(0, 0)], numbered=False),
     memory=meminfo(2 * GIB - 80 * 2**20, 1700 * 2**20), links={"eth0": link(2)}, uplinks=["eth0"],
     r4=[("eth0", "0.0.0.0", 0, "10.0.2.2", 0), ("eth0", "10.0.2.0", 24, None, 0)], resolv="nameserver 10.0.2.3\nnameserver fec0::3\n",
     disks={"vda": disk(3, "254:0", parts=[("vda1", "254:1")], device__vendor="0x1af4"),
            "vdb": disk(64, "254:16", serial="macos", device__vendor="0x1af4")},
     files={"dev/vda": gpt(3, DEBIAN), "dev/vdb": gpt(64, MACOS), "lib/modules/6.1.0-28-cloud-amd64/modules.builtin": ""})

# A container on a larger machine: four of sixteen CPUs, two and a half of them at a time, 8 GiB, the host's limits above it out of sight.
host("container", release="5.15.0-130-generic", allowed="4-7", root_mount="",
     cgroup="0::/\n", mounts="""700 600 0:60 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/u,workdir=/w
701 700 0:63 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
702 700 0:64 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755,inode64
703 700 0:65 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro
704 703 0:31 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate,memory_recursiveprot
705 700 259:2 /var/lib/docker/containers/0123/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/nvme0n1p2 rw
""",
     cpuinfo=cpus("AuthenticAMD", 23, 49, "AMD Ryzen 7 3700X 8-Core Processor", ZEN2, [(0, c) for _ in range(2) for c in range(8)]),
     memory=meminfo(64 * GIB, 50 * GIB), links={"eth0": link(33, device=False)}, uplinks=["eth0"], resolv="nameserver 172.17.0.1\n",
     r4=[("eth0", "0.0.0.0", 0, "172.17.0.1", 0), ("eth0", "172.17.0.0", 16, None, 0)],
     disks={"nvme0n1": disk(931, "259:0", "CT1000P1SSD8", parts=[("nvme0n1p1", "259:1"), ("nvme0n1p2", "259:2")], device__serial="1913E1000000"),
            "sdb": disk(256, "8:16", "Portable SSD", "SanDisk", device__vpd_pg80=vpd80("323130000001"))},
     files={"sys/fs/cgroup/cpu.max": "250000 100000", "sys/fs/cgroup/memory.max": 8 * GIB, "sys/fs/cgroup/memory.high": "max",
            "sys/fs/cgroup/memory.current": 200 << 20, "dev/sdb": gpt(256, MACOS), "dev/kvm": "", **KVM, **KVM_AMD},
     status_text=status("4-7", 0, 0xa80425fb))

# Alder Lake: eight cores with two threads, four without; the kernel says which are which.
host("hybrid", release="6.12.6-arch1-1", allowed="0-19", root_mount=EXT4,
     cpuinfo=cpus("GenuineIntel", 6, 151, "12th Gen Intel(R) Core(TM) i7-12700K", SKYLAKE + BARE + " avx_vnni waitpkg gfni vaes",
                  [(0, 4 * (i // 2)) for i in range(16)] + [(0, 36 + i) for i in range(4)]),
     memory=meminfo(32 * GIB, 28 * GIB), links={"enp5s0": link(2)}, uplinks=["enp5s0"],
     r4=[("enp5s0", "0.0.0.0", 0, "192.168.254.1", 100), ("enp5s0", "192.168.254.0", 24, None, 100)],
     disks={"sda": disk(224, "8:0", "CT240BX500SSD1", "ATA", parts=[("sda3", "8:3")], device__vpd_pg80=vpd80("1929E1000000")),
            "sdb": disk(465, "8:16", "CT500MX500SSD1", "ATA", parts=[("sdb1", "8:17"), ("sdb2", "8:18")], device__vpd_pg80=vpd80("1929E1000001"))},
     files={"sys/devices/cpu_core/cpus": "0-15", "sys/devices/cpu_atom/cpus": "16-19", "dev/sda": gpt(224, DEBIAN), "dev/sdb": gpt(465, MACOS),
            "dev/kvm": "", **KVM, **KVM_INTEL})

# Two sockets with 64 CPUs each. Only the first processor is here: the tests repeat it, for 128 of them are 200 KB.
host("amd-128", release="6.8.0-52-generic", allowed="0-127", root_mount=EXT4,
     cpuinfo=cpus("AuthenticAMD", 25, 1, "AMD EPYC 7543 32-Core Processor", ZEN2 + " pcid invpcid erms fsrm vaes vpclmulqdq",
                  [(0, 0)]).replace("siblings\t: 1", "siblings\t: 64").replace("cpu cores\t: 1", "cpu cores\t: 32"),
     memory=meminfo(512 * GIB, 500 * GIB), links={"enp1s0f0np0": link(2, 9000)}, uplinks=["enp1s0f0np0"],
     r4=[("enp1s0f0np0", "0.0.0.0", 0, "192.0.2.1", 0), ("enp1s0f0np0", "192.0.2.0", 24, None, 0)],
     disks={"sda": disk(447, "8:0", "MTFDDAK480TDS", "ATA", parts=[("sda3", "8:3")]), "sdb": disk(1788, "8:16", "MTFDDAK1T9TDS", "ATA")},
     files={"dev/sda": gpt(447, DEBIAN), "dev/sdb": gpt(1788, MACOS), "dev/kvm": "", **KVM, **KVM_AMD})

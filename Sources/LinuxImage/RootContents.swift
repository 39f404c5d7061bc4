import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The root of the Linux image: `boot`, the parts of QEMU that it uses, and the scripts of Init/ that start them.
struct RootContents {
    let recipe: LinuxRecipe
    let tree: PackageTree
    let kernel: KernelPackage

    /// Fills an empty directory.
    func write(to root: DirectoryTree) async throws(OperationError) {
        for path in ["/proc", "/sys", "/dev", "/run", "/tmp", "/var", "/root", "/macos"] { try root.directory(path) }
        try await programs(root)
        try firmware(root)
        try system(root)
        try await kernel.copy(ModuleSet.root, to: root)
        try access(root)
        // The user's files come last, and replace others.
        for addition in recipe.additions {
            let executable = FileManager.default.isExecutableFile(atPath: addition.source.string)
            try root.copy(addition.source, to: addition.destination.string, mode: executable ? 0o755 : 0o644)
        }
    }

    private func programs(_ root: DirectoryTree) async throws(OperationError) {
        try root.copy(recipe.boot, to: "/usr/bin/boot", mode: 0o755)
        try root.copy(try tree.file("/bin/busybox"), to: "/usr/bin/busybox", mode: 0o755)
        for applet in Self.applets { try root.link("/usr/bin/" + applet, to: "busybox") }
        try root.link("/usr/sbin/init", to: "../bin/busybox")
        // The kernel runs this to load modules: /proc/sys/kernel/modprobe.
        try root.link("/usr/sbin/modprobe", to: "../bin/busybox")

        // busybox's findfs finds only one of several disks with the same label.
        var programs = ["/usr/bin/qemu-system-x86_64", "/usr/sbin/dnsmasq", "/usr/sbin/blkid", "/usr/sbin/fsck.fat"]
        if recipe.sshKeys != nil { programs.append("/usr/sbin/dropbear") }
        // Of QEMU's modules only accelerators: sound, displays and USB redirection are for desktops.
        programs += tree.names(in: Self.plugins).filter { $0.hasPrefix("accel-") && !$0.contains("i386") }.map { "\(Self.plugins)/\($0)" }
        var files: [FilePath] = []
        for program in programs {
            let file = try tree.file(program)
            files.append(file)
            try root.copy(file, to: program, mode: 0o755)
        }
        for library in try await SharedLibraries(tree: tree).closure(of: files).sorted() {
            try root.copy(try tree.file(library), to: library, mode: 0o755)
        }
        // The dynamic loader, whose path is in every program.
        try root.copy(try tree.file("/lib64/ld-linux-x86-64.so.2"), to: "/usr/lib64/ld-linux-x86-64.so.2", mode: 0o755)
    }

    /// The firmware and data files that QEMU reads for the machines that `boot` plans.
    private func firmware(_ root: DirectoryTree) throws(OperationError) {
        for file in ["OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"] {
            try root.copy(try tree.file("/usr/share/OVMF/" + file), to: "/usr/share/OVMF/" + file)
        }
        // SeaBIOS, VGA BIOSes, KVM's option ROM for the APIC, and VNC's keyboard map.
        let wanted = [
            ("/usr/share/seabios", ["bios-256k.bin", "vgabios-stdvga.bin", "vgabios-vmware.bin"]),
            ("/usr/share/qemu", ["kvmvapic.bin", "keymaps/en-us", "keymaps/common", "keymaps/modifiers"]),
        ]
        for (directory, names) in wanted {
            for name in names where tree.find("\(directory)/\(name)") != nil {
                try root.copy(try tree.file("\(directory)/\(name)"), to: "/usr/share/qemu/\(name)")
            }
        }
        if let opencore = recipe.opencore { try root.copy(opencore, to: "/macos/bootloader.img") }
    }

    private func system(_ root: DirectoryTree) throws(OperationError) {
        try root.file("/etc/inittab", PackageResources.inittab + (recipe.console ? Array("::askfirst:-/bin/sh\n".utf8) : []))
        for (name, script) in [
            ("start", PackageResources.system_init_sh), ("guest", PackageResources.guest_sh), ("lease", PackageResources.lease_sh),
        ] {
            try root.file("/usr/lib/macos-virt/" + name, script, mode: 0o755)
        }
        try root.file("/usr/lib/macos-virt/drivers", PackageResources.drivers_sh)
        try root.file("/usr/lib/macos-virt/state", PackageResources.state_sh)
        // busybox's acpid has a directory for each event and a program for each code.
        try root.file("/etc/acpi/PWRF/00000080", PackageResources.power_button_sh, mode: 0o755)
        // Users of their own for dnsmasq and QEMU: two daemons of one user can signal each other and write each other's files.
        try root.file(
            "/etc/passwd",
            """
            root:x:0:0:root:/root:/bin/sh
            dnsmasq:x:65532:65532:dnsmasq:/:/bin/false
            qemu:x:65533:65533:qemu:/:/bin/false
            nobody:x:65534:65534:nobody:/:/bin/false

            """)
        // No account has a password that works.
        try root.file("/etc/shadow", "root:!::0:::::\ndnsmasq:!::0:::::\nqemu:!::0:::::\nnobody:!::0:::::\n", mode: 0o600)
        try root.file("/etc/group", "root:x:0:\nkvm:x:104:\ndnsmasq:x:65532:\nqemu:x:65533:\nnogroup:x:65534:\n")
        try root.file("/etc/shells", "/bin/sh\n")
        try root.file("/etc/fstab", PackageResources.fstab)
        try root.file("/etc/hosts", "127.0.0.1 localhost macos-virt\n::1 localhost\n")
        // Relative links: while the image is made, absolute ones would point outside it.
        try root.link("/etc/resolv.conf", to: "../run/resolv.conf")
        try root.link("/etc/macos-virt", to: "../run/config/macos-virt")
        try root.link("/etc/mtab", to: "../proc/self/mounts")
        if let configuration = recipe.configuration { try root.copy(configuration, to: "/usr/share/macos-virt/boot.toml") }
        if recipe.console { try root.file("/usr/share/macos-virt/console", "") }
    }

    private func access(_ root: DirectoryTree) throws(OperationError) {
        guard let keys = recipe.sshKeys else { return }
        try root.directory("/root/.ssh", mode: 0o700)
        try root.copy(keys, to: "/root/.ssh/authorized_keys", mode: 0o600)
        try root.link("/etc/dropbear", to: "../run/dropbear")
    }

    private static let plugins = "/usr/lib/x86_64-linux-gnu/qemu"

    /// For the scripts, and for people who log in by ssh or on the console.
    private static let applets = [
        "[", "acpid", "ash", "awk", "basename", "cat", "chmod", "clear", "cp", "cut", "date", "dd", "df", "dirname", "dmesg", "du",
        "echo",
        "env", "false", "fdisk", "find", "findfs", "free", "grep", "head", "hexdump", "hostname", "id", "ip", "kill", "killall",
        "less", "ln", "logger", "losetup", "ls", "lsmod", "mkdir", "mknod", "modprobe", "more", "mount", "mv", "nc", "netstat", "pidof",
        "ping", "ping6", "poweroff", "printf", "ps", "pwd", "readlink", "reboot", "reset", "rm", "rmdir", "rmmod", "sed", "sh", "sleep",
        "sort",
        "strings", "stty", "sync", "sysctl", "tail", "tar", "taskset", "tee", "test", "timeout", "top", "touch", "tr", "traceroute", "true",
        "tty", "udhcpc", "umount", "uname", "uniq", "uptime", "usleep", "vi", "watch", "wc", "wget", "which", "xargs",
    ]
}

import Diagnostics
import HostSupport
import Testing

@testable import LinuxImage

@Suite struct PackageTests {
    @Test func readsWhatAptWouldInstall() {
        let text = """
            NOTE: This is only a simulation!
            Inst libgcc-s1 (12.2.0-14+deb12u1 Debian:12.15/oldstable [amd64]) []
            Inst ovmf (2022.11-6+deb12u2 Debian:12.15/oldstable [all])
            Conf ovmf (2022.11-6+deb12u2 Debian:12.15/oldstable [all])
            Inst
            """
        #expect(
            Package.list(simulation: text) == [
                Package(name: "libgcc-s1", version: "12.2.0-14+deb12u1"), Package(name: "ovmf", version: "2022.11-6+deb12u2"),
            ])
    }

    @Test func aMirrorBecomesSources() throws {
        let source = PackageSource(mirror: "http://mirror.example/debian", suite: "trixie", keyring: "/k.gpg")
        #expect(
            try source.list(osRelease: "ID=ubuntu\n") == """
                deb [signed-by=/k.gpg] http://mirror.example/debian trixie main
                deb [signed-by=/k.gpg] http://mirror.example/debian trixie-updates main
                deb [signed-by=/k.gpg] http://security.debian.org/debian-security trixie-security main

                """)
        // This machine's own, with the mirrors that its owner chose.
        #expect(try PackageSource(suite: "bookworm").list(osRelease: "ID=debian\nVERSION_CODENAME=bookworm\n") == nil)
        #expect(try PackageSource().list(osRelease: "ID=debian\nVERSION_CODENAME=trixie\n") == nil)
    }

    @Test func aSuiteIsDebiansWithItsSecurityUpdates() throws {
        #expect(
            try PackageSource(keyring: "/k.gpg").list(osRelease: "ID=debian\nVERSION_CODENAME=bookworm\n") == """
                deb [signed-by=/k.gpg] http://deb.debian.org/debian trixie main
                deb [signed-by=/k.gpg] http://deb.debian.org/debian trixie-updates main
                deb [signed-by=/k.gpg] http://security.debian.org/debian-security trixie-security main

                """)
        let unstable = try PackageSource(suite: "sid", keyring: "/k.gpg").list(osRelease: "")
        #expect(unstable == "deb [signed-by=/k.gpg] http://deb.debian.org/debian sid main\n")
        let without = try #require(try PackageSource(mirror: "http://m/debian", security: nil).list(osRelease: ""))
        #expect(without.contains("trixie-updates") && !without.contains("security"))
        #expect(try PackageSource().list(osRelease: "ID=ubuntu\nVERSION_CODENAME=trixie\n")?.contains("deb.debian.org") == true)
    }

    @Test(arguments: [("mirror.example", "bookworm"), ("http://a b/", "bookworm"), ("http://a/", "x y"), ("http://a/", "")])
    func aBadMirrorIsRefused(mirror: String, suite: String) {
        #expect { try PackageSource(mirror: mirror, suite: suite).list(osRelease: "") } throws: { ($0 as? OperationError)?.exit == .usage }
    }

    @Test func readsModuleDependencies() {
        let table = KernelPackage.parse(
            """
            kernel/arch/x86/kvm/kvm.ko: kernel/virt/lib/irqbypass.ko
            kernel/arch/x86/kvm/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko kernel/virt/lib/irqbypass.ko
            kernel/fs/fat/fat.ko:
            nonsense
            """)
        #expect(table["kvm_amd"] == ["kernel/arch/x86/kvm/kvm-amd.ko", "kernel/arch/x86/kvm/kvm.ko", "kernel/virt/lib/irqbypass.ko"])
        #expect(table["fat"] == ["kernel/fs/fat/fat.ko"])
        #expect(table.count == 3)
    }
}

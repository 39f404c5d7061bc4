// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "macos-virt",
    products: [
        .executable(name: "boot", targets: ["Booter"]),
        .executable(name: "macos-virt", targets: ["MacOSVirt"]),
        .library(name: "NetSetup", targets: ["NetSetup", "NetworkValues"]),
        .library(name: "QemuArgs", targets: ["QemuArgs"]),
        .library(name: "ModuleLoader", targets: ["ModuleLoader"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // C, seen through module maps: what Debian's -dev packages and the kernel headers offer.
        .systemLibrary(name: "CKmod", pkgConfig: "libkmod", providers: [.apt(["libkmod-dev"])]),
        .systemLibrary(name: "CNetlink", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(name: "CLzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CLinux"),

        // Shared by both programs.
        .target(name: "Diagnostics", swiftSettings: settings),
        .target(name: "LinuxSupport", dependencies: ["CLinux", "Diagnostics", system], swiftSettings: settings),
        .target(name: "NetworkValues", swiftSettings: settings + [.strictMemorySafety()]),
        .target(
            name: "BootSettings",
            dependencies: ["Diagnostics", "Lifecycle", "LinuxSupport", "NetworkValues", "QemuArgs", system, "TOMLKit"],
            swiftSettings: settings),
        .target(name: "DiskFormats", dependencies: ["CLinux", "Diagnostics", "LinuxSupport", system], swiftSettings: settings),
        .target(name: "QMP", dependencies: ["Diagnostics", "LinuxSupport", system], swiftSettings: settings),
        .target(name: "Lifecycle", swiftSettings: settings),
        .target(name: "QemuArgs", dependencies: ["NetworkValues"], swiftSettings: settings + [.strictMemorySafety()]),
        .target(name: "NetSetup", dependencies: ["CNetlink", "CLinux", "LinuxSupport", "NetworkValues", system], swiftSettings: settings),
        .target(name: "ModuleLoader", dependencies: ["CKmod", "LinuxSupport", system], swiftSettings: settings),
        .target(name: "KVM", dependencies: ["CLinux", "LinuxSupport", "QemuArgs", system], swiftSettings: settings),

        // The program inside the Linux VM.
        .executableTarget(
            name: "Booter",
            dependencies: [
                "BootSettings", "CLinux", "Diagnostics", "DiskFormats", "KVM", "Lifecycle", "LinuxSupport", "ModuleLoader", "NetSetup",
                "NetworkValues", "QMP", "QemuArgs", system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: ["index.html", "app.css", "app.js"].map { .embedInCode("Browser/" + $0) }, swiftSettings: settings),

        // The program on the host: never part of `boot`.
        .target(
            name: "HostSupport", dependencies: ["Diagnostics", system, .product(name: "Subprocess", package: "swift-subprocess")],
            swiftSettings: settings),
        .target(name: "Downloads", dependencies: ["Diagnostics", "HostSupport", crypto, system], swiftSettings: settings),
        .target(
            name: "DiskImage", dependencies: ["Diagnostics", "DiskFormats", "HostSupport", "LinuxSupport", system], swiftSettings: settings),
        .target(
            name: "MediaCodecs", dependencies: ["CBzip2", "CLzma", "CZlib", "DiskFormats", system], swiftSettings: settings),
        .target(
            name: "AppleMedia",
            dependencies: [
                "APFS", "Diagnostics", "DiskFormats", "HFSPlus", "MediaCodecs", system, .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(name: "APFS", dependencies: ["DiskFormats", "LinuxSupport", "MediaCodecs"], swiftSettings: settings),
        .target(name: "HFSPlus", dependencies: ["DiskFormats", "MediaCodecs", system], swiftSettings: settings),
        .target(
            name: "AppleInstaller",
            dependencies: [
                "APFS", "AppleMedia", "Diagnostics", "DiskFormats", "DiskImage", "Downloads", "HFSPlus", "HostSupport", "LinuxSupport",
                "MediaCodecs", crypto, system, .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"), .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings),
        .target(
            name: "LinuxImage",
            dependencies: ["BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "HostSupport", "LinuxSupport", system],
            resources: [
                "initrd-init.sh", "system-init.sh", "drivers.sh", "state.sh", "inittab", "fstab", "guest.sh", "lease.sh", "power-button.sh",
            ].map {
                .embedInCode("Init/" + $0)
            },
            swiftSettings: settings),
        .target(
            name: "Provisioning",
            dependencies: [
                "AppleMedia", "BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "HostSupport", "LinuxSupport", "MediaCodecs",
                crypto,
                system,
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            resources: (["postinstall.sh", "cloud-config.awk", "agent.plist"]
                + ["report", "values", "files", "accounts", "system", "seed", "disk", "start"].map { "agent/agent-\($0).sh" })
                .map { .embedInCode("Image/" + $0) },
            swiftSettings: settings),
        .target(
            name: "LinuxVM",
            dependencies: [
                "BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "HostSupport", "KVM", "Lifecycle", "LinuxSupport",
                "NetworkValues",
                "QMP", "QemuArgs", system, "TOMLKit",
            ],
            swiftSettings: settings),
        .target(
            name: "OpenCoreImage",
            dependencies: [
                "BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "Downloads", "HostSupport", "LinuxSupport", "NetworkValues",
                system,
            ],
            resources: [.embedInCode("Resources/SSDT-EC-USBX.asl")], swiftSettings: settings),
        .target(
            name: "MediaInstall",
            dependencies: [
                "APFS", "AppleInstaller", "AppleMedia", "BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "HFSPlus", "HostSupport",
                "KVM",
                "Lifecycle", "LinuxSupport", "LinuxVM", "NetworkValues", "QMP", "QemuArgs", crypto, system, "TOMLKit",
            ],
            resources: [.embedInCode("Keys/keys.toml"), .embedInCode("Recovery/r.sh")], swiftSettings: settings),
        .executableTarget(
            name: "MacOSVirt",
            dependencies: [
                "AppleInstaller", "AppleMedia", "BootSettings", "Diagnostics", "DiskFormats", "DiskImage", "Downloads", "HostSupport",
                "LinuxImage", "LinuxSupport", "LinuxVM", "MediaCodecs", "MediaInstall", "NetworkValues", "OpenCoreImage", "Provisioning",
                "QemuArgs",
                system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Tests: what several of them use, then one target for each above.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "MediaSamples",
            dependencies: ["CBzip2", "CLzma", "CZlib", "DiskFormats", "MediaCodecs", .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/MediaSamples", exclude: ["apfs-sample.py"], swiftSettings: settings),
        // Writes the volume that Tests/Volume has Linux mount.
        .executableTarget(
            name: "VolumeSample",
            dependencies: ["DiskFormats", "HFSPlus", "MediaSamples", system, .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/VolumeSample", swiftSettings: settings),
        .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"], swiftSettings: settings),
        .testTarget(name: "NetworkValuesTests", dependencies: ["NetworkValues", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "LinuxSupportTests", dependencies: ["LinuxSupport", system], swiftSettings: settings),
        .testTarget(name: "LifecycleTests", dependencies: ["Lifecycle", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "QMPTests", dependencies: ["Diagnostics", "LinuxSupport", "QMP", "TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "BootSettingsTests",
            dependencies: ["BootSettings", "Diagnostics", "LinuxSupport", "NetworkValues", "TestSupport", system], swiftSettings: settings),
        .testTarget(
            name: "QemuArgsTests", dependencies: ["QemuArgs", "TestSupport"], exclude: ["Fixtures", "packages.txt"], swiftSettings: settings
        ),
        .testTarget(
            name: "NetSetupTests", dependencies: ["NetSetup", "NetworkValues", "LinuxSupport", "TestSupport", system],
            swiftSettings: settings),
        .testTarget(
            name: "ModuleLoaderTests", dependencies: ["ModuleLoader", "LinuxSupport", "TestSupport", system], exclude: ["packages.txt"],
            swiftSettings: settings),
        .testTarget(
            name: "LinuxVMTests",
            dependencies: [
                "BootSettings", "Diagnostics", "DiskFormats", "HostSupport", "KVM", "LinuxSupport", "LinuxVM", "NetworkValues", "QMP",
                "QemuArgs",
                "MacOSVirt", "TestSupport", system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "MediaInstallTests",
            dependencies: ["BootSettings", "Diagnostics", "Lifecycle", "MediaInstall", "TestSupport", system],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "LinuxImageTests",
            dependencies: ["Booter", "Diagnostics", "LinuxImage", "DiskFormats", "DiskImage", "HostSupport", system],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "AppleInstallerTests",
            dependencies: [
                "AppleInstaller", "AppleMedia", "Diagnostics", "DiskFormats", "Downloads", "HFSPlus", "HostSupport", "TestSupport", crypto,
                system,
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "DownloadsTests", dependencies: ["Diagnostics", "Downloads", "HostSupport", system],
            exclude: ["Fixtures", "packages.txt"],
            swiftSettings: settings),
        .testTarget(name: "KVMTests", dependencies: ["KVM", "CLinux", "LinuxSupport", system], swiftSettings: settings),
        .testTarget(
            name: "BooterTests",
            dependencies: [
                "Booter", "BootSettings", "Diagnostics", "DiskFormats", "KVM", "Lifecycle", "ModuleLoader", "QMP", "QemuArgs", "NetSetup",
                "NetworkValues", "LinuxSupport", "TestSupport", system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "OpenCoreTests",
            dependencies: [
                "Booter", "BootSettings", "Diagnostics", "DiskFormats", "Downloads", "OpenCoreImage", "DiskImage", "HostSupport",
                "LinuxSupport", "NetSetup",
                "NetworkValues", system,
            ],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "MediaCodecsTests", dependencies: ["DiskFormats", "MediaCodecs", "MediaSamples", "TestSupport"],
            exclude: ["packages.txt"],
            swiftSettings: settings),
        .testTarget(
            name: "AppleMediaTests",
            dependencies: ["AppleMedia", "DiskFormats", "HFSPlus", "MediaCodecs", "MediaSamples", "TestSupport", system],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "MediaFuzzTests",
            dependencies: ["APFS", "AppleMedia", "DiskFormats", "HFSPlus", "MediaCodecs", "MediaSamples", "TestSupport"],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "MediaVerbTests",
            dependencies: [
                "Diagnostics", "DiskFormats", "HFSPlus", "MacOSVirt", "MediaSamples", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "APFSTests", dependencies: ["APFS", "DiskFormats", "MediaSamples", system], exclude: ["packages.txt"],
            swiftSettings: settings),
        .testTarget(
            name: "HFSPlusTests", dependencies: ["DiskFormats", "HFSPlus", "MediaCodecs", "MediaSamples", "TestSupport", system],
            exclude: ["packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "ProvisioningTests",
            dependencies: [
                "AppleMedia", "BootSettings", "Diagnostics", "DiskFormats", "HostSupport", "LinuxSupport", "MediaCodecs", "MediaSamples",
                "Provisioning",
                "TestSupport", system,
            ],
            exclude: ["Oracle", "StandIns", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "KernelTests",
            dependencies: [
                "Booter", "BootSettings", "Diagnostics", "DiskFormats", "NetSetup", "NetworkValues", "LinuxSupport", "QemuArgs", system,
            ],
            exclude: ["Tools", "packages.txt"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

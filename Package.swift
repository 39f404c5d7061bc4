// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "macos-virt",
    products: [
        .executable(name: "boot", targets: ["Booter"]),
        .executable(name: "macos-virt", targets: ["MacOSVirt"]),
        .library(name: "NetSetup", targets: ["NetSetup"]),
        .library(name: "QemuArgs", targets: ["QemuArgs"]),
        .library(name: "ModuleLoader", targets: ["ModuleLoader"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // C, seen through module maps: what Debian's -dev packages and the kernel headers offer.
        .systemLibrary(name: "CKmod", pkgConfig: "libkmod", providers: [.apt(["libkmod-dev"])]),
        .systemLibrary(name: "CNetlink", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
        .systemLibrary(name: "CLinux"),

        .target(name: "LinuxSupport", dependencies: ["CLinux", system], swiftSettings: settings),
        .target(name: "QemuArgs", swiftSettings: settings + [.strictMemorySafety()]),
        .target(name: "NetSetup", dependencies: ["CNetlink", "CLinux", "LinuxSupport", system], swiftSettings: settings),
        .target(name: "ModuleLoader", dependencies: ["CKmod", "LinuxSupport", system], swiftSettings: settings),
        .target(name: "ConfigurationText", swiftSettings: settings),
        .target(name: "KVM", dependencies: ["CLinux", "LinuxSupport", system], swiftSettings: settings),
        .executableTarget(
            name: "Booter",
            dependencies: [
                "CLinux", "ConfigurationText", "KVM", "LinuxSupport", "ModuleLoader", "NetSetup", "QemuArgs", system, "TOMLKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // The host's side: never part of `boot`.
        .target(
            name: "HostSupport", dependencies: [system, .product(name: "Subprocess", package: "swift-subprocess")], swiftSettings: settings),
        .target(name: "DiskImage", dependencies: ["HostSupport", system], swiftSettings: settings),
        .target(
            name: "LinuxImage", dependencies: ["DiskImage", "HostSupport", system],
            resources: ["initramfs-init.sh", "drivers.sh", "inittab", "fstab", "start.sh", "guest.sh", "lease.sh", "power-button.sh"].map {
                .embedInCode("Files/" + $0)
            },
            swiftSettings: settings),
        .target(
            name: "LocalMachine",
            dependencies: ["ConfigurationText", "DiskImage", "HostSupport", "KVM", "LinuxSupport", "QemuArgs", system, "TOMLKit"],
            swiftSettings: settings),
        .target(
            name: "OpenCoreImage", dependencies: ["ConfigurationText", "HostSupport", "DiskImage", system],
            resources: [.embedInCode("Resources/SSDT-EC-USBX.asl")], swiftSettings: settings),
        .executableTarget(
            name: "MacOSVirt",
            dependencies: [
                "ConfigurationText", "DiskImage", "HostSupport", "LinuxImage", "LocalMachine", "OpenCoreImage", "QemuArgs", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(name: "QemuArgsTests", dependencies: ["QemuArgs"], exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(name: "NetSetupTests", dependencies: ["NetSetup", "LinuxSupport", system], swiftSettings: settings),
        .testTarget(
            name: "ModuleLoaderTests", dependencies: ["ModuleLoader", "LinuxSupport", system], exclude: ["packages.txt"],
            swiftSettings: settings),
        .testTarget(
            name: "LocalMachineTests",
            dependencies: ["ConfigurationText", "HostSupport", "KVM", "LinuxSupport", "LocalMachine", "QemuArgs", "MacOSVirt", system],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "LinuxImageTests", dependencies: ["Booter", "LinuxImage", "DiskImage", "HostSupport", system], swiftSettings: settings),
        .testTarget(name: "KVMTests", dependencies: ["KVM", "CLinux", "LinuxSupport", system], swiftSettings: settings),
        .testTarget(
            name: "BooterTests", dependencies: ["Booter", "ConfigurationText", "KVM", "QemuArgs", "NetSetup", "LinuxSupport", system],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "OpenCoreTests",
            dependencies: ["Booter", "ConfigurationText", "OpenCoreImage", "DiskImage", "HostSupport", "LinuxSupport", "NetSetup", system],
            exclude: ["Fixtures", "packages.txt"], swiftSettings: settings),
        .testTarget(
            name: "KernelTests", dependencies: ["Booter", "NetSetup", "LinuxSupport", system], exclude: ["Tools", "packages.txt"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

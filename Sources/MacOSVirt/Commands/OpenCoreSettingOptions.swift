import ArgumentParser
import BootSettings
import Diagnostics
import HostSupport
public import OpenCoreImage
import SystemPackage

/// The contents of config.plist.
struct OpenCoreSettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The macOS releases to start: 15, or 12-26. (all that this OpenCore can start)", valueName: "releases"))
    var macos: String?
    @Option(help: ArgumentHelp("Show the boot menu for this long; 0 waits for a key. (hidden)", valueName: "seconds")) var picker: Int?
    @Flag(help: "Show the boot menu with icons, by OpenCanopy.") var canopy = false
    @Option(help: "What may start: any volume, or only macOS (APFS and HFS+), never another disk's EFI/BOOT/BOOTx64.efi.")
    var scan = ScanPolicy.any
    @Option(help: "WIDTHxHEIGHT, or max.") var resolution = "1920x1080"
    @Option(help: "System Integrity Protection: enabled, disabled, or its mask in hexadecimal.") var sip = "enabled"
    @Option(help: ArgumentHelp("Additional boot-args for macOS.", valueName: "text")) var bootArgs: String?
    @Option(
        help: ArgumentHelp(
            "AMD_Vanilla's patches, for a guest with the CPU vendor AuthenticAMD. Guests of `boot` do not need them.", valueName: "plist"))
    var amdPatches: String?
    @Option(help: "The number of cores of a socket of that guest.") var amdCores: Int?
    @Option(name: .customLong("set"), help: ArgumentHelp("Set any other key. Repeatable.", valueName: "Path.To.Key=value")) var assignments:
        [String] = []

    func apply(to request: inout BuildRequest) throws {
        request.macOS = try macos.map { text in
            guard let span = MacOSRelease.span(text) else {
                let known = MacOSRelease.allCases.map(\.rawValue).joined(separator: ", ")
                throw OperationError(
                    "read", "--macos \(text)", cause: "it is neither one of \(known) nor a range such as 12-26", exit: .usage)
            }
            return span
        }
        guard (0...86400).contains(picker ?? 0) else { throw ValidationError("--picker takes 0 to 86400 seconds") }
        request.picker = Picker(isShown: picker != nil || canopy, timeout: picker ?? 5, isGraphical: canopy)
        request.resolution = try screen()
        guard let integrity = SystemIntegrity(sip) else { throw ValidationError("--sip takes enabled, disabled or a hexadecimal mask") }
        request.integrity = integrity
        request.bootArguments = bootArgs.map { $0.split(separator: " ").map(String.init) } ?? []
        request.patches = try patches()
        request.scan = scan
        request.settings = try assignments.map { try OpenCoreSetting($0) }
    }

    private func screen() throws -> String {
        if resolution == "max" { return "Max" }
        let sides = resolution.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count == 2, sides.allSatisfy({ (320...16384).contains($0) }) else {
            throw ValidationError("--resolution takes max, or a size such as 1920x1080")
        }
        return "\(sides[0])x\(sides[1])"
    }

    private func patches() throws -> [KernelSection.Patch] {
        switch (amdPatches, amdCores) {
        case (nil, nil): return []
        case (let path?, let cores?) where (1...255).contains(cores): return try CPUPatches.read(FilePath(absolute: path), cores: cores)
        default: throw ValidationError("use --amd-patches and --amd-cores (1 to 255) together")
        }
    }
}

extension ScanPolicy: ExpressibleByArgument {}

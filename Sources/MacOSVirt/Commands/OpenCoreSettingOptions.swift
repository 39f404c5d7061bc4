import ArgumentParser
import BootSettings
import Diagnostics
import HostSupport
import OpenCoreImage
import SystemPackage

/// What stands in config.plist.
struct OpenCoreSettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The macOS that it is for: 15, or 12-26. (all that this OpenCore starts)", valueName: "releases"))
    var macos: String?
    @Option(help: ArgumentHelp("Show the boot menu; 0 waits for a key. (hidden)", valueName: "seconds")) var picker: Int?
    @Flag(help: "The boot menu in pictures, by OpenCanopy.") var canopy = false
    @Option(help: "WIDTHxHEIGHT, or max.") var resolution = "1920x1080"
    @Option(help: "System Integrity Protection: enabled, disabled, or its mask in hexadecimal.") var sip = "enabled"
    @Option(help: ArgumentHelp("More boot-args for macOS.", valueName: "text")) var bootArgs: String?
    @Option(help: ArgumentHelp("AMD_Vanilla's patches, for a guest that says AuthenticAMD. `boot` does not make such.", valueName: "plist"))
    var amdPatches: String?
    @Option(help: "The number of cores that a socket of that guest has.") var amdCores: Int?
    @Option(name: .customLong("set"), help: ArgumentHelp("Any other key. Repeatable.", valueName: "Path.To.Key=value")) var assignments:
        [String] = []

    func apply(to request: inout BuildRequest) throws {
        request.macOS = try macos.map { text in
            guard let span = MacOSRelease.span(text) else {
                let known = MacOSRelease.allCases.map(\.rawValue).joined(separator: ", ")
                throw OperationError(
                    "read", "--macos \(text)", cause: "it is neither one of \(known) nor a span such as 12-26", exit: .usage)
            }
            return span
        }
        guard (0...86400).contains(picker ?? 0) else { throw ValidationError("--picker takes 0 to 86400 seconds") }
        request.picker = Picker(isShown: picker != nil || canopy, timeout: picker ?? 5, isGraphical: canopy)
        request.resolution = try screen()
        guard let integrity = SystemIntegrity(sip) else { throw ValidationError("--sip is enabled, disabled or a hexadecimal mask") }
        request.integrity = integrity
        request.bootArguments = bootArgs.map { $0.split(separator: " ").map(String.init) } ?? []
        request.patches = try patches()
        request.assignments = try assignments.map { try ConfigurationAssignment($0) }
    }

    private func screen() throws -> String {
        if resolution == "max" { return "Max" }
        let sides = resolution.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count == 2, sides.allSatisfy({ (320...16384).contains($0) }) else {
            throw ValidationError("--resolution is max, or a size such as 1920x1080")
        }
        return "\(sides[0])x\(sides[1])"
    }

    private func patches() throws -> [KernelSection.Patch] {
        switch (amdPatches, amdCores) {
        case (nil, nil): return []
        case (let path?, let cores?) where (1...255).contains(cores): return try CPUPatches.read(FilePath(absolute: path), cores: cores)
        default: throw ValidationError("--amd-patches and --amd-cores (1 to 255) belong together")
        }
    }
}

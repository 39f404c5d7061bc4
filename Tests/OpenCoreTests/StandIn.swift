import Foundation
import HostSupport
import SystemPackage

@testable import OpenCoreImage

/// Releases in the shape of OpenCore's and of kexts, with nothing in them that anybody else wrote.
struct StandIn {
    let root: FilePath

    /// A directory of its own for a test, removed by `remove`.
    init(_ name: String = #function) throws {
        root = FilePath(FileManager.default.temporaryDirectory.path).appending("opencore-\(UUID().uuidString)")
        try DraftFile.makeDirectory(root)
    }

    func remove() { try? FileManager.default.removeItem(atPath: root.string) }

    func path(_ name: String) -> FilePath { root.appending(name) }

    @discardableResult
    func file(_ name: String, _ data: Data) throws -> FilePath {
        let path = root.appending(FilePath(name).components)
        try DraftFile.makeDirectory(path.removingLastComponent())
        try data.write(to: URL(filePath: path.string))
        return path
    }

    /// 512 bytes with 55 AA at the end, each other byte telling where it is.
    static func sector(_ base: UInt8) -> Data { Data((0..<510).map { UInt8(truncatingIfNeeded: $0) ^ base } + [0x55, 0xaa]) }

    /// An unpacked release of OpenCore.
    @discardableResult
    func release(_ name: String = "OpenCore-1.0.6-RELEASE", kind: String = "REL", hasLegacyBoot: Bool = true) throws -> FilePath {
        try file("\(name)/X64/EFI/BOOT/BOOTx64.efi", Data("loader".utf8))
        try file("\(name)/X64/EFI/OC/OpenCore.efi", Data("code \(kind)-XXX-YYYY-MM-DD code".utf8))
        for driver in ["OpenRuntime", "OpenHfsPlus", "OpenCanopy", "ResetNvramEntry"] {
            try file("\(name)/X64/EFI/OC/Drivers/\(driver).efi", Data(driver.utf8))
        }
        if hasLegacyBoot {
            try file("\(name)/Utilities/LegacyBoot/boot0", Self.sector(0x11))
            try file("\(name)/Utilities/LegacyBoot/boot1f32", Self.sector(0x22))
            try file("\(name)/Utilities/LegacyBoot/bootX64", Data(repeating: 0x90, count: 5000))
        }
        return path(name)
    }

    /// A kext with or without its executable.
    @discardableResult
    func kext(
        _ name: String, identifier: String? = nil, needs: [String] = [], below directory: String = "", executable: String? = "code",
        hasExecutable: Bool = true
    ) throws -> FilePath {
        let libraries = PlistValue.dictionary(Dictionary(uniqueKeysWithValues: needs.map { ($0, PlistValue.string("1.0")) }))
        var info: [String: PlistValue] = [
            "CFBundleIdentifier": .string(identifier ?? "test." + name), "CFBundleVersion": .string("1.2.3"),
            "OSBundleLibraries": libraries,
        ]
        if let executable { info["CFBundleExecutable"] = .string(executable) }
        let bundle = (directory.isEmpty ? "" : directory + "/") + name + ".kext"
        try file(bundle + "/Contents/Info.plist", Data(PlistValue.dictionary(info).xml.utf8))
        if let executable, hasExecutable { try file(bundle + "/Contents/MacOS/" + executable, Data(name.utf8)) }
        return path(bundle)
    }

    /// zip -r NAME.zip of a directory's contents.
    func zip(_ directory: FilePath, as name: String) async throws -> FilePath {
        try await Tool("zip", from: "zip").run(["-q", "-r", "-X", path(name).string, "."], directory: directory)
        return path(name)
    }

    /// An image of a FAT32 volume without partitions, with a directory's contents in it.
    func volume(_ directory: FilePath, as name: String = "volume.img") async throws -> FilePath {
        let image = path(name)
        try await Tool("truncate", from: "coreutils").run(["--size", "40M", image.string])
        try await Tool("mkfs.fat", from: "dosfstools").run(["-F", "32", "-s", "1", image.string])
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.string)
        try await Tool("mcopy", from: "mtools").run(
            ["-s", "-i", image.string] + names.map { directory.appending($0).string } + ["::"], environment: ["MTOOLS_SKIP_CHECK": "1"])
        return image
    }

    /// A request that needs nothing from anywhere else.
    func request(_ name: String = "out.img") throws -> BuildRequest {
        var request = BuildRequest(output: path(name))
        request.openCore = try release()
        request.lilu = try kext("Lilu", needs: ["com.apple.kpi.bsd"])
        request.virtualSMC = try kext("VirtualSMC", needs: ["test.Lilu"])
        return request
    }

    var store: ReleaseStore { ReleaseStore(cache: path("cache"), lock: path("sources.lock"), isOffline: true) }

    func build(_ request: BuildRequest) async throws -> BuildReport {
        try await ImageBuilder(request, store: store, progress: StepProgress(steps: 0, quiet: true)).build()
    }
}

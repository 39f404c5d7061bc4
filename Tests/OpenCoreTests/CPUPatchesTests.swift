import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

struct CPUPatchesTests {
    private func file(_ stand: StandIn, _ patches: [KernelSection.Patch]) throws -> URL {
        let value = PlistValue.dictionary(["Kernel": .dictionary(["Patch": patches.plist])])
        return URL(filePath: try stand.file("patches.plist", Data(value.xml.utf8)).string)
    }

    private func patch(_ comment: String, _ replace: [UInt8]) -> KernelSection.Patch {
        KernelSection.Patch(comment: comment, find: Data([1]), replace: Data(replace))
    }

    @Test func fillsInTheCores() throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let url = try file(
            stand,
            [
                patch("x | Force cpuid_cores_per_package to constant | 10.13", [0xb8, 0, 0, 0, 0, 0]),
                patch("x | Force cpuid_cores_per_package | 13.3+", [0xba, 0, 0, 0, 0]), patch("another", [0xb8, 0, 0, 0, 0]),
            ])
        let patches = try CPUPatches.read(.init(url.path), cores: 12)
        #expect(patches.map { Array($0.replace) } == [[0xb8, 12, 0, 0, 0, 0], [0xba, 12, 0, 0, 0], [0xb8, 0, 0, 0, 0]])
        #expect(patches[0].find == Data([1]))
    }

    @Test func refused() throws {
        let stand = try StandIn()
        defer { stand.remove() }
        #expect(throws: OperationError.self) { try CPUPatches.read(stand.path("none"), cores: 4) }
        for patches in [[patch("another", [0xb8, 0, 0, 0, 0])], [patch("cpuid_cores_per_package", [0x90])], []] {
            let url = try file(stand, patches)
            #expect(throws: OperationError.self) { try CPUPatches.read(.init(url.path), cores: 4) }
        }
        let url = try file(stand, [patch("cpuid_cores_per_package", [0xb8, 0, 0, 0, 0])])
        for cores in [0, 256, -1] { #expect(throws: OperationError.self) { try CPUPatches.read(.init(url.path), cores: cores) } }
    }
}

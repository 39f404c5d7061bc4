import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

struct DraftTests {
    /// Each is made while others clean up behind those that were killed.
    @Test func manyAtOnceInOneDirectory() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let parent = stand.root
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await Draft.with(in: parent) { (draft) throws(OperationError) in
                        FileManager.default.createFile(atPath: draft.path("a").string, contents: Data())
                    }
                }
            }
            return try await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }
        #expect(made == 200)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent.string).isEmpty)
    }

    @Test func whatAKilledProcessLeftIsRemoved() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.file(".macos-virt-draft-abcdef/left", Data())
        try await Draft.with(in: stand.root) { (_) throws(OperationError) in }
        #expect(try FileManager.default.contentsOfDirectory(atPath: stand.root.string).isEmpty)
    }
}

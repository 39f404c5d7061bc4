import Diagnostics
import Foundation
import Glibc
import Testing

@testable import Booter

struct StateDirectoryTests {
    private let machine: ScratchMachine
    private var base: String { machine.directory.path }

    init() throws { machine = try ScratchMachine() }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    @Test func itsOwnDirectoriesAreRemovedAndNoOthers() throws {
        #expect(mkdir(base + "/theirs", 0o755) == 0)
        let state = StateDirectory(path: base + "/theirs/a/b")
        try state.create()
        try state.create()
        try machine.write("", to: "/theirs/a/file")
        state.remove()
        #expect(!exists(base + "/theirs/a/b") && exists(base + "/theirs/a/file"))
        unlink(base + "/theirs/a/file")
        // As after a kill between the two removals.
        state.remove()
        #expect(!exists(base + "/theirs/a") && exists(base + "/theirs"))
    }

    @Test(arguments: [(0o777, true), (0o1777, true), (0o772, true), (0o755, false), (0o700, false)] as [(mode_t, Bool)])
    func othersMayNotWrite(mode: mode_t, refused: Bool) throws {
        #expect(mkdir(base + "/run", 0o700) == 0 && chmod(base + "/run", mode) == 0)
        if refused {
            let error = #expect(throws: OperationError.self) { try StateDirectory(path: base + "/run").create() }
            #expect(error?.exitCode == 78 && error?.cause.hasPrefix("other users can write to it") == true)
        } else {
            try StateDirectory(path: base + "/run").create()
        }
        // Above it, a sticky directory is safe, another one is not.
        let inside = StateDirectory(path: base + "/run/inside")
        if refused && mode & 0o1000 == 0 {
            let error = #expect(throws: OperationError.self) { try inside.create() }
            #expect(error?.exitCode == 78 && error?.object == base + "/run")
        } else {
            try inside.create()
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func anotherOwnerIsRefused() throws {
        #expect(mkdir(base + "/run", 0o755) == 0 && chown(base + "/run", 65_533, 0) == 0)
        let error = #expect(throws: OperationError.self) { try StateDirectory(path: base + "/run").create() }
        #expect(error?.exitCode == 78 && error?.cause == "it belongs to user 65533")
        // A link of somebody else's leads where he likes.
        #expect(mkdir(base + "/mine", 0o755) == 0)
        try machine.symlink("/link", to: base + "/mine")
        try StateDirectory(path: base + "/link").create()
        #expect(lchown(base + "/link", 65_533, 0) == 0)
        #expect(throws: OperationError.self) { try StateDirectory(path: base + "/link").create() }
        // And so does what the link leads through.
        try machine.symlink("/other", to: base + "/run/deep")
        #expect(mkdir(base + "/run/deep", 0o755) == 0)
        #expect(throws: OperationError.self) { try StateDirectory(path: base + "/other").create() }
    }
}

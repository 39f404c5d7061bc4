package import Diagnostics
import Foundation
import Glibc
package import HostSupport
package import SystemPackage

/// The checker of configurations in a release: Utilities/ocvalidate.
///
/// It is a program from elsewhere, so it runs confined where the kernel allows it: in namespaces of its own, without a network,
/// with nothing but /usr and its two files, all read-only, and as nobody where this program is root.
package struct ConfigurationValidator: Sendable {
    package static let tools = [
        Tool("unshare", from: "util-linux"), Tool("setpriv", from: "util-linux"), Tool("chroot", from: "coreutils"),
    ]

    private let program: FilePath
    /// The root directory that it runs in.
    private let room: FilePath

    /// - Parameter scratch: a directory for its root directory.
    package init(_ program: FilePath, scratch: FilePath) throws(OperationError) {
        (self.program, room) = (program, scratch.appending("ocvalidate"))
        try DraftFile.makeDirectory(room.appending("files"))
        let copy = room.appending("files/ocvalidate")
        if !FileManager.default.fileExists(atPath: copy.string) { try InputFile.copy(program, to: copy, mode: 0o755) }
    }

    /// The version of OpenCore that it belongs to; nil when it does not say.
    package func version() async throws(OperationError) -> OpenCoreVersion? {
        do {
            return Self.version(Self.lines(try await run("<plist version=\"1.0\"><dict/></plist>\n").output))
        } catch  where error.exit == .software {
            return nil
        }
    }

    /// Checks a configuration.
    /// - Returns: whether it ran confined.
    /// - Throws: `config` with its findings; `dataError` when it belongs to another version; `software` when it does not run.
    package func check(_ configuration: String, for version: OpenCoreVersion) async throws(OperationError) -> Bool {
        let (output, isConfined) = try await run(configuration)
        let lines = Self.lines(output)
        guard let own = Self.version(lines) else {
            throw OperationError(
                "run", "ocvalidate",
                cause: "it does not say which OpenCore it belongs to:\n    " + lines.prefix(6).joined(separator: "\n    "),
                exit: .software)
        }
        guard own == version else {
            throw OperationError(
                "check", "config.plist", cause: "ocvalidate is from OpenCore \(own), but the image has \(version)",
                remedy: "use one release as a whole, and give its version with --opencore-version", exit: .dataError)
        }
        if lines.contains(where: { $0.contains("No issues found") }) { return isConfined }
        let findings = lines.filter { !$0.hasPrefix("NOTE:") && !$0.hasPrefix("Completed validating") }
        throw OperationError(
            "check", "config.plist", cause: "ocvalidate found:\n    " + findings.joined(separator: "\n    "),
            remedy: "correct what --set, --kext and --driver changed", exit: .config)
    }

    /// Printed when the confinement is in place, and with the exit code at the end.
    private static let marker = "macos-virt: confined"

    /// The root directory is a tmpfs with /usr and the files; then everything is made read-only.
    /// $1 is the directory, $2 the user that runs it, or empty for the one who calls.
    private static let script = """
        set -e
        room=$1
        mount -t tmpfs -o mode=755,size=64M,nosuid,nodev none "$room/root"
        mkdir "$room/root/usr" "$room/root/files"
        for name in bin lib lib64 sbin; do [ ! -L "/$name" ] || ln -s "usr/$name" "$room/root/$name"; done
        mount --bind /usr "$room/root/usr"
        mount -o remount,bind,ro,nosuid,nodev "$room/root/usr"
        cp "$room/files/ocvalidate" "$room/files/config.plist" "$room/root/files"
        mount -o remount,ro "$room/root"
        echo "\(marker)"
        status=0
        chroot "$room/root" setpriv ${2:+--reuid=$2 --regid=$2 --clear-groups} --no-new-privs --bounding-set=-all --inh-caps=-all \\
            /files/ocvalidate /files/config.plist || status=$?
        echo "\(marker) $status"
        """

    /// Runs it on a configuration. 1 is EXIT_FAILURE: it has findings.
    private func run(_ configuration: String) async throws(OperationError) -> (output: String, isConfined: Bool) {
        let file = room.appending("files/config.plist")
        try? FileManager.default.removeItem(atPath: file.string)
        try DraftFile.write(Data(configuration.utf8), to: file)
        try DraftFile.makeDirectory(room.appending("root"))
        let isRoot = geteuid() == 0
        do throws(OperationError) {
            let namespaces =
                ["--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child"] + (isRoot ? [] : ["--user", "--map-root-user"])
            let output = try await Self.tools[0].run(
                namespaces + ["--", "sh", "-c", Self.script, "sh", room.string, isRoot ? "65534" : ""], accepted: Set(0...255))
            // Without the first marker it has not run: a container that cannot mount, or a kernel without user namespaces.
            if let begin = output.range(of: Self.marker + "\n"), let end = output.range(of: Self.marker + " ", options: .backwards) {
                let status = output[end.upperBound...].prefix { !$0.isNewline }
                guard ["0", "1"].contains(status) else {
                    throw OperationError("run", "ocvalidate", cause: "exit code \(status)", exit: .software)
                }
                return (String(output[begin.upperBound..<max(begin.upperBound, end.lowerBound)]), true)
            }
        } catch  where error.exit == .osFile {
            // util-linux is not installed.
        }
        return (
            try await Tool(room.appending("files/ocvalidate").string, from: "OpenCore's release").run([file.string], accepted: [0, 1]),
            false
        )
    }

    private static func lines(_ output: String) -> [String] { output.split(whereSeparator: \.isNewline).map(\.printable) }

    /// "NOTE: This version of ocvalidate is only compatible with OpenCore version 1.0.6!"
    private static func version(_ lines: [String]) -> OpenCoreVersion? {
        lines.lazy.filter { $0.contains("only compatible with") }
            .compactMap { $0.split(separator: " ").last.flatMap { OpenCoreVersion($0.dropLast()) } }.first
    }
}

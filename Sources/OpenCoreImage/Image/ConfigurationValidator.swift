package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// The checker of configurations that a release has: Utilities/ocvalidate.
package struct ConfigurationValidator: Sendable {
    private let program: FilePath

    /// - Parameter scratch: a directory in which the program may be executed; a release may lie where that is not so.
    package init(_ program: FilePath, scratch: FilePath) throws(OperationError) {
        self.program = scratch.appending("ocvalidate")
        try OutputFile.copy(program, to: self.program)
        do {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: self.program.string)
        } catch {
            throw OperationError("change the mode of", self.program.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    /// Runs it on a configuration.
    /// - Throws: `config`, with all that it found; `dataError` when it belongs to another version; `software` when it does not run.
    package func check(_ configuration: FilePath, for version: OpenCoreVersion) async throws(OperationError) {
        // 1 is EXIT_FAILURE: findings.
        let output = try await Tool(program.string, from: "OpenCore's release").run([configuration.string], accepted: [0, 1])
        let lines = output.split(whereSeparator: \.isNewline).map(String.init)
        guard let own = Self.version(lines) else {
            throw OperationError("run", "ocvalidate", cause: "it does not say for which OpenCore it is:\n    \(output)", exit: .software)
        }
        guard own == version else {
            throw OperationError(
                "check", "config.plist", cause: "ocvalidate is of OpenCore \(own), the image of \(version)",
                remedy: "take one release whole; --opencore-version must say its version", exit: .dataError)
        }
        guard !lines.contains(where: { $0.contains("No issues found") }) else { return }
        let findings = lines.filter { !$0.hasPrefix("NOTE:") && !$0.hasPrefix("Completed validating") }
        throw OperationError(
            "check", "config.plist", cause: "ocvalidate found:\n    " + findings.joined(separator: "\n    "),
            remedy: "look at what --set, --kext and --driver changed", exit: .config)
    }

    /// "NOTE: This version of ocvalidate is only compatible with OpenCore version 1.0.6!"
    private static func version(_ lines: [String]) -> OpenCoreVersion? {
        lines.lazy.filter { $0.contains("only compatible with") }
            .compactMap { $0.split(separator: " ").last.flatMap { OpenCoreVersion($0.dropLast()) } }.first
    }
}

package import Diagnostics
package import SystemPackage

/// SHA-256 sums of files, by coreutils.
package enum Digest {
    private static let tool = Tool("sha256sum", from: "coreutils")

    /// 64 lower-case hexadecimal digits.
    /// - Throws: `software` when the file cannot be read.
    package static func sha256(_ path: FilePath) async throws(OperationError) -> String {
        let line = try await tool.run(["--binary", "--", path.string])
        guard let sum = line.split(separator: " ").first?.drop(while: { $0 == "\\" }), sum.count == 64 else {
            throw OperationError("checksum", path.string, cause: "sha256sum answered \(line)", exit: .software)
        }
        return String(sum)
    }
}

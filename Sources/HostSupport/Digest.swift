public import SystemPackage

/// SHA-256 sums of files, by coreutils.
public enum Digest {
    private static let tool = Tool("sha256sum", from: "coreutils")

    /// 64 lower-case hexadecimal digits.
    /// - Throws: `software` when the file cannot be read.
    public static func sha256(_ path: FilePath) async throws(HostError) -> String {
        let line = try await tool.run(["--binary", "--", path.string])
        guard let sum = line.split(separator: " ").first?.drop(while: { $0 == "\\" }), sum.count == 64 else {
            throw HostError("checksum", path.string, cause: "sha256sum answered \(line)", exit: .software)
        }
        return String(sum)
    }
}

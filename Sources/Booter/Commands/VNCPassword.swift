import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import LinuxSupport
import QMP
import SystemPackage

struct VNCPassword: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vnc-password", abstract: "Change the password of a running guest's VNC server.",
        discussion: """
            The password is the first line of standard input, or of --file; VNC uses its first 8 bytes. Clients that are connected stay so. \
            The guest must have been started with display.vnc_password_file, whose password holds again at the next start of QEMU.
            """)
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Read it from this file.") var file: String?
    @Option(help: "Let nobody in by it after so many seconds; without this option it never expires.") var expires: Int?

    /// More than QEMU takes.
    private static let limit = 1024

    func validate() throws {
        if let expires, !(1...31_536_000).contains(expires) { throw ValidationError("--expires takes 1 to 31536000 seconds.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let loaded = try options.load().configuration
            guard loaded.display.vncPasswordFile != nil else {
                throw OperationError(
                    "change", "VNC's password", cause: "the guest was started without one, and QEMU then takes none",
                    remedy: "set display.vnc_password_file, and start the guest again", exit: .config)
            }
            let password = try read()
            try options.controlSocket().session { (monitor) throws(MonitorError) in
                try monitor.execute(.setVNCPassword(password), within: .seconds(10))
                try monitor.execute(.expireVNCPassword(after: expires), within: .seconds(10))
            }
        }
    }

    private func read() throws(OperationError) -> String {
        let name = file ?? "standard input"
        var bytes = [UInt8](repeating: 0, count: Self.limit)
        var count = 0
        do {
            let source =
                try file.map { try OwnedDescriptor(opening: FilePath($0), .readOnly) } ?? OwnedDescriptor(adopting: dup(STDIN_FILENO))
            while count < bytes.count, !bytes[..<count].contains(UInt8(ascii: "\n")) {
                let got = try bytes.withUnsafeMutableBytes { try source.descriptor.read(into: .init(rebasing: $0[count...])) }
                if got == 0 { break }
                count += got
            }
        } catch {
            throw OperationError("read", name, cause: (error as? Errno)?.description ?? "\(error)", exit: .noInput)
        }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
        guard !line.isEmpty, line.count < Self.limit, line.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
            throw OperationError("read", name, cause: "it is not a line of 1 to \(Self.limit - 1) printable characters", exit: .dataError)
        }
        return String(decoding: line, as: UTF8.self)
    }
}

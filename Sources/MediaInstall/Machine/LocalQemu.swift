package import Diagnostics
import HostSupport
package import QemuArgs
package import SystemPackage

/// This machine's QEMU, and what it can do.
package struct LocalQemu: Equatable, Sendable {
    package var program: FilePath
    package var version: QemuVersion
    /// The versioned machine that `boot` would choose with this QEMU.
    package var machine: String
    package var card: Display.Card

    package init(program: FilePath, version: QemuVersion, machine: String, card: Display.Card) {
        (self.program, self.version, self.machine, self.card) = (program, version, machine, card)
    }

    /// - Throws: `osFile` when there is none that macOS can run in.
    package static func find() async throws(OperationError) -> LocalQemu {
        let tool = Tool("qemu-system-x86_64", from: "qemu-system-x86")
        let program = try tool.find()
        let words = try await tool.run(["--version"])
        guard let version = version(words), version >= .oldest else {
            throw OperationError(
                "use", program.string, cause: "it says \(words.prefix(60).printable); macOS needs QEMU \(QemuVersion.oldest) or newer",
                remedy: "install a newer QEMU", exit: .osFile)
        }
        let machines = Set(try await tool.run(["-machine", "help"]).split(separator: "\n").compactMap { $0.split(separator: " ").first })
        guard let machine = Machine.tried.first(where: { machines.contains(Substring($0)) }) else {
            throw OperationError(
                "use", program.string, cause: "it has none of the machines \(Machine.tried.joined(separator: ", "))",
                remedy: "install another QEMU", exit: .osFile)
        }
        let devices = try await tool.run(["-device", "help"])
        guard let card = Display.Card.allCases.first(where: { devices.contains("\"\($0.device.rawValue)\"") }) else {
            throw OperationError(
                "use", program.string, cause: "it has no graphics card that macOS has a driver for",
                remedy: "install a complete QEMU (Debian: qemu-system-x86)", exit: .osFile)
        }
        return LocalQemu(program: program, version: version, machine: machine, card: card)
    }

    /// "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"
    static func version(_ text: String) -> QemuVersion? {
        guard let word = text.split(separator: " ").drop(while: { $0 != "version" }).dropFirst().first else { return nil }
        let numbers = word.split(separator: ".").map { Int($0.prefix { $0.isNumber && $0.isASCII }) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        return QemuVersion(major, minor)
    }
}

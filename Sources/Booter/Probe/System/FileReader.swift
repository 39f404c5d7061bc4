import BootSettings
import LinuxSupport

/// The files, device nodes and users that a plan refers to.
struct FileReader {
    let root: FileRoot
    let configuration: Configuration
    let questions: MachineQuestions

    func facts() -> FileFacts {
        FileFacts(
            bootloader: root.fact(questions.openCoreDisk),
            firmware: FirmwareFinder(root: root, code: configuration.firmware.code, variables: configuration.firmware.variables).pairs(),
            dnsmasq: questions.dnsmasq.first { root.exists($0) }, nodes: questions.nodes.filter { root.exists($0) },
            users: (try? root.text("/etc/passwd")).map {
                UserTable.parse($0, names: questions.accounts)
            } ?? [:])
    }
}

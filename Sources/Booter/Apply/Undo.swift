import NetSetup

/// How to take one step back. Written down before the step is taken, so each must be harmless when the step never happened.
enum Undo: Codable, Equatable, Sendable {
    /// nft delete table inet <name>
    case removeTable(String)
    /// ip link delete <name>
    case deleteLink(InterfaceName)
    /// sysctl -w <path>=<value>
    case restoreSysctl(path: String, value: String)
    /// kill $(cat <pidFile>), if that process is still the one that was started.
    case stopDnsmasq(pidFile: String, configuration: String)
    case removeFile(String)
    /// Only when it is empty.
    case removeDirectory(String)
    /// echo <pages> > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
    case restoreHugepages(pages: Int)
    case restoreModuleParameter(module: String, parameter: String, value: String)

    /// For messages about an undo that failed.
    var title: String {
        switch self {
        case .removeTable(let name): "remove firewall table inet \(name)"
        case .deleteLink(let name): "delete \(name)"
        case .restoreSysctl(let path, let value): "restore sysctl \(path)=\(value)"
        case .stopDnsmasq: "stop dnsmasq"
        case .removeFile(let path), .removeDirectory(let path): "remove \(path)"
        case .restoreHugepages(let pages): "restore the huge page pool to \(pages)"
        case .restoreModuleParameter(let module, let parameter, let value): "restore \(module).\(parameter)=\(value)"
        }
    }
}

import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import ModuleLoader
import NetSetup
import NetworkValues
import SystemPackage

/// How to undo one change. The journal records it before the change is made, so it must be harmless if the change never happened.
enum Undo: Equatable, Sendable {
    /// nft delete table inet <name>
    case removeTable(String)
    /// ip link delete <name>
    case deleteLink(InterfaceName)
    /// ip rule delete pref 50 to <network> lookup main
    case deleteRule4(IPv4Network)
    case deleteRule6(IPv6Network)
    /// sysctl -w <path>=<value>
    case restoreSysctl(path: String, value: String)
    /// pkill --full 'dnsmasq.*--conf-file=<configuration>', within this network namespace.
    case stopDnsmasq(binary: String, configuration: String)
    /// rm --force <path> <path>.new: a file of the state directory, or a device node.
    case removeFile(String)
    /// rm --force <path>.new: what a kill leaves beside a file that outlives the run.
    case removeDraft(of: String)
    /// rm --force <path>, if it is a socket: QEMU leaves its sockets behind when it is killed.
    case removeSocket(String)
    /// rmdir <path>: a directory that others have put files into stays.
    case removeDirectory(String)
    /// echo <pages> > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
    case restoreHugepages(pages: Int)
    case restoreModuleParameter(module: String, parameter: String, value: String)

    /// For messages about an undo that failed.
    var title: String {
        switch self {
        case .removeTable(let name): "remove firewall table inet \(name)"
        case .deleteLink(let name): "delete \(name)"
        case .deleteRule4(let network): "delete the policy rule for \(network)"
        case .deleteRule6(let network): "delete the policy rule for \(network)"
        case .restoreSysctl(let path, let value): "restore sysctl \(path)=\(value)"
        case .stopDnsmasq: "stop dnsmasq"
        case .removeFile(let path), .removeSocket(let path), .removeDirectory(let path): "remove \(path)"
        case .removeDraft(let path): "remove \(path).new"
        case .restoreHugepages(let pages): "restore the huge page pool to \(pages)"
        case .restoreModuleParameter(let module, let parameter, let value): "restore \(module).\(parameter)=\(value)"
        }
    }
}

extension Undo {
    /// Undoes the change; does nothing if there is nothing to undo.
    func perform() throws {
        switch self {
        case .removeTable(let name): try Firewall().remove(table: name)
        case .deleteLink(let name): try Links().deleteTap(name)
        case .deleteRule4(let network): try Routing().deleteRule(to: network)
        case .deleteRule6(let network): try Routing().deleteRule(to: network)
        case .restoreSysctl(let path, let value):
            // The sysctls of a link vanish with the link.
            if FileRoot.live.exists("/proc/sys/" + path), try Sysctl().read(path) != value { try Sysctl().write(value, to: path) }
        case .stopDnsmasq(let binary, let configuration): try Dnsmasq.stop(binary: binary, configuration: configuration)
        case .removeFile(let path):
            try Self.remove(path + ".new")
            try Self.remove(path)
        case .removeDraft(let path): try Self.remove(path + ".new")
        case .removeSocket(let path):
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { try Self.remove(path) }
        case .removeDirectory(let path):
            if Self.isThere(path), rmdir(path) != 0, errno != ENOTEMPTY, errno != EBUSY { throw Errno(rawValue: errno) }
        case .restoreHugepages(let pages): try HugepagePool.resize(to: pages)
        case .restoreModuleParameter(let module, let parameter, let value):
            _ = try ModuleParameters().set(parameter, in: module, to: value)
        }
    }

    private static func remove(_ path: String) throws {
        if isThere(path), unlink(path) != 0 { throw Errno(rawValue: errno) }
    }

    /// A step that failed made nothing, but unlink(2) and rmdir(2) report a read-only file system or a missing permission before they
    /// look for the file.
    private static func isThere(_ path: String) -> Bool { faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }
}

extension Undo {
    /// Whether a run with this state directory can have recorded it. Root carries out nothing else, no matter who wrote the journal.
    func isOurs(run: String) -> Bool {
        switch self {
        case .removeTable(let name): name == NATRules.standardTable
        // Only a tap is deleted, and only a rule at our priority.
        case .deleteLink, .deleteRule4, .deleteRule6: true
        case .restoreSysctl(let path, let value):
            KnownSysctl.contains(path) && !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        case .stopDnsmasq(let binary, let configuration):
            Self.isPlain(binary) && configuration == DnsmasqConfiguration.Files(directory: run).configuration
        case .removeFile(let path): Self.isPlain(path) && path.hasPrefix(run + "/") || DeviceNode.all.contains { $0.path == path }
        // These remove nothing but a draft, a socket and an empty directory.
        case .removeDraft(let path), .removeSocket(let path), .removeDirectory(let path): Self.isPlain(path)
        case .restoreHugepages(let pages): pages >= 0
        case .restoreModuleParameter(let module, let parameter, let value):
            (module, parameter) == ("kvm", "ignore_msrs") && ["Y", "N", "0", "1"].contains(value)
        }
    }

    /// An absolute path that does not lead upwards.
    private static func isPlain(_ path: String) -> Bool {
        path.hasPrefix("/") && !path.utf8.contains(0) && path.split(separator: "/").allSatisfy { $0 != ".." && $0 != "." }
    }
}

/// A line of the journal: `{"restoreSysctl":{"path":"net/ipv4/ip_forward","value":"0"}}`.
///
/// JSONDecoder reads it, but no JSONEncoder writes it: a start writes a dozen lines and reads none, and the encoder's first use would
/// take a twentieth of the start's time.
extension Undo: Decodable {
    var line: String {
        let (name, values) = entry
        return "{\(Self.quoted(name)):{" + values.map { Self.quoted($0) + ":" + Self.quoted($1) }.joined(separator: ",") + "}}"
    }

    /// RFC 8259, 7.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain { return "\"" + text + "\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\0"..."\u{1f}": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    init(from decoder: any Decoder) throws {
        let entries = try [String: [String: String]](from: decoder)
        let damaged = DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no such undo"))
        guard entries.count == 1, let (name, values) = entries.first else { throw damaged }
        func value(_ key: String = "_0") throws -> String {
            guard let value = values[key] else { throw damaged }
            return value
        }
        switch name {
        case "removeTable": self = .removeTable(try value())
        case "deleteLink":
            guard let link = InterfaceName(try value()) else { throw damaged }
            self = .deleteLink(link)
        case "deleteRule4":
            guard let network = IPv4Network(try value()) else { throw damaged }
            self = .deleteRule4(network)
        case "deleteRule6":
            guard let network = IPv6Network(try value()) else { throw damaged }
            self = .deleteRule6(network)
        case "restoreSysctl": self = .restoreSysctl(path: try value("path"), value: try value("value"))
        case "stopDnsmasq": self = .stopDnsmasq(binary: try value("binary"), configuration: try value("configuration"))
        case "removeFile": self = .removeFile(try value())
        case "removeDraft": self = .removeDraft(of: try value())
        case "removeSocket": self = .removeSocket(try value())
        case "removeDirectory": self = .removeDirectory(try value())
        case "restoreHugepages":
            guard let pages = Int(try value("pages")) else { throw damaged }
            self = .restoreHugepages(pages: pages)
        case "restoreModuleParameter":
            self = .restoreModuleParameter(module: try value("module"), parameter: try value("parameter"), value: try value("value"))
        default: throw damaged
        }
    }

    private var entry: (name: String, values: KeyValuePairs<String, String>) {
        switch self {
        case .removeTable(let name): ("removeTable", ["_0": name])
        case .deleteLink(let name): ("deleteLink", ["_0": name.description])
        case .deleteRule4(let network): ("deleteRule4", ["_0": network.description])
        case .deleteRule6(let network): ("deleteRule6", ["_0": network.description])
        case .restoreSysctl(let path, let value): ("restoreSysctl", ["path": path, "value": value])
        case .stopDnsmasq(let binary, let configuration): ("stopDnsmasq", ["binary": binary, "configuration": configuration])
        case .removeFile(let path): ("removeFile", ["_0": path])
        case .removeDraft(let path): ("removeDraft", ["_0": path])
        case .removeSocket(let path): ("removeSocket", ["_0": path])
        case .removeDirectory(let path): ("removeDirectory", ["_0": path])
        case .restoreHugepages(let pages): ("restoreHugepages", ["pages": String(pages)])
        case .restoreModuleParameter(let module, let parameter, let value):
            ("restoreModuleParameter", ["module": module, "parameter": parameter, "value": value])
        }
    }
}

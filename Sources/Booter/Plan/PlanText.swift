import BootSettings

/// A plan as text for people.
struct PlanText: CustomStringConvertible {
    let plan: BootPlan

    var description: String {
        var lines: [String] = []
        let missing = plan.draft.map { ", without " + $0.missing.joined(separator: ", ") } ?? ""
        if let guest = plan.guest ?? plan.draft?.guest { lines += section("guest" + missing, table(rows(guest))) }
        lines += section("decisions", table(plan.decisions.map { (($0.name + " " + $0.value).trimmingBlanks, $0.reason) }))
        if !plan.configured.isEmpty {
            lines += section("configured", table(plan.configured.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }))
        }
        lines += section("steps", plan.steps.enumerated().map { "\($0.offset + 1). \($0.element.title)" })
        if let argv = plan.qemu?.argv ?? plan.draft?.argv, !argv.isEmpty {
            lines += section("command line" + missing, CommandLineText.lines(argv))
        }
        let problems = plan.findings.filter { $0.status != .pass }
        if !problems.isEmpty { lines += section("findings", problems.flatMap(FindingText.lines)) }
        return lines.joined(separator: "\n")
    }

    private func section(_ title: String, _ lines: [String]) -> [String] { [title + ":"] + lines.map { "  " + $0 } + [""] }

    private func rows(_ guest: GuestSummary) -> [(String, String)] {
        [
            ("vCPUs", "\(guest.vcpus) (\(count(guest.sockets, "socket")) x \(count(guest.cores, "core"))), \(guest.cpu)"),
            ("memory", "\(guest.memoryMiB) MiB"),
            ("disk", "\(guest.disk), \(ByteCount(guest.diskBytes))"),
            ("NIC", "\(guest.nic), \(guest.mac), MTU \(guest.mtu)"),
            ("address", guest.address + (guest.address6.map { ", \($0)" } ?? "") + ", gateway \(guest.gateway)"),
            ("forwards", guest.forwards.isEmpty ? "none" : guest.forwards.joined(separator: ", ")),
            ("screen", "VNC \(guest.vnc)"),
            ("UUID", guest.uuid),
        ]
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)" + (number == 1 ? "" : "s") }

    private func table(_ rows: [(String, String)]) -> [String] {
        let width = min(rows.map(\.0.count).max() ?? 0, 44)
        return rows.map { name, value in name + String(repeating: " ", count: max(0, width - name.count) + 2) + value }
    }
}

/// An argument list, an option and its value on one line.
enum CommandLineText {
    static func lines(_ argv: [String]) -> [String] {
        var lines: [String] = []
        for word in argv {
            // The program, then options; a value that starts with a dash is shown like an option.
            if lines.isEmpty || word.hasPrefix("-") || lines.count == 1 {
                lines.append(quoted(word))
            } else {
                lines[lines.count - 1] += " " + quoted(word)
            }
        }
        return lines
    }

    /// As a shell would need it.
    private static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x30 && $0 <= 0x39 || "_-+=,.:/@%[]".utf8.contains($0)
        }
        return plain && !word.isEmpty
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// A finding and, below it, what to do.
enum FindingText {
    static func lines(_ finding: Finding) -> [String] {
        let mark =
            switch finding.status {
            case .pass: "ok      "
            case .warning: "warning "
            case .failure: "FAILURE "
            }
        return ["\(mark) \(finding.area.rawValue): \(finding.message)"] + (finding.remedy.map { ["         -> \($0)"] } ?? [])
    }
}

extension String {
    fileprivate var trimmingBlanks: String { String(reversed().drop { $0 == " " }.reversed()) }
}

package import Diagnostics
import HostSupport

/// The order in which OpenCore injects kexts: what a kext needs stands before it.
package enum KextOrder {
    /// As they were given, but each behind those of them that it needs.
    /// - Throws: `dataError` for two of one identifier, and for kexts that need each other.
    package static func sort(_ kexts: [KextBundle]) throws(OperationError) -> [KextBundle] {
        var rest = kexts
        var sorted: [KextBundle] = []
        for (index, kext) in kexts.enumerated() {
            if let twin = kexts[..<index].first(where: { $0.identifier == kext.identifier || $0.name == kext.name }) {
                throw OperationError(
                    "order kexts", kext.name, cause: "\(twin.directory) and \(kext.directory) are both \(kext.identifier)",
                    remedy: "give one of them", exit: .dataError)
            }
        }
        while !rest.isEmpty {
            let waiting = Set(rest.map(\.identifier))
            guard let next = rest.firstIndex(where: { waiting.isDisjoint(with: $0.libraries) }) else {
                throw OperationError(
                    "order kexts", rest.map(\.name).joined(separator: ", "), cause: "each of them needs another to be loaded first",
                    exit: .dataError)
            }
            sorted.append(rest.remove(at: next))
        }
        return sorted
    }

    /// What kexts need that neither is among them nor Apple's.
    package static func missing(_ kexts: [KextBundle]) -> [String] {
        let present = Set(kexts.map(\.identifier))
        return Set(kexts.flatMap(\.libraries)).subtracting(present).filter { !$0.hasPrefix("com.apple.") }.sorted()
    }
}

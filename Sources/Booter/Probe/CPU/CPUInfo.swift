import Glibc
import LinuxSupport

/// /proc/cpuinfo of an x86 machine.
///
/// Scanned as bytes: on 128 CPUs the file is some 200 KB, most of it the same flags 128 times over.
struct CPUInfo: Equatable, Sendable {
    struct Processor: Equatable, Sendable {
        var id: Int
        /// nil on a kernel or a machine that does not say: a single CPU without SMP, some hypervisors.
        var package: Int?
        var core: Int?
        /// The `cpu cores` line: how many cores of its package are online.
        var coresInPackage: Int?
    }

    var vendor = ""
    var modelName = ""
    var family = 0
    var model = 0
    /// Of the `address sizes` line.
    var physicalBits: Int?
    /// Those that every processor has, sorted.
    var flags: [String] = []
    var processors: [Processor] = []

    init(parsing text: String) {
        var text = text
        text.withUTF8 { scan($0) }
    }

    private mutating func scan(_ text: UnsafeBufferPointer<UInt8>) {
        var firstFlags: Range<Int>?
        var otherFlags: [Range<Int>] = []
        var start = 0
        while start < text.count {
            let end = Self.index(of: UInt8(ascii: "\n"), in: text, from: start, to: text.count) ?? text.count
            defer { start = end + 1 }
            guard let colon = Self.index(of: UInt8(ascii: ":"), in: text, from: start, to: end) else { continue }
            let value = (colon + 1)..<end
            switch Self.text(text, start..<colon) {
            case "processor":
                if let id = Self.number(text, value) { processors.append(Processor(id: id)) }
            case "physical id": lastProcessor { $0.package = Self.number(text, value) }
            case "core id": lastProcessor { $0.core = Self.number(text, value) }
            case "cpu cores": lastProcessor { $0.coresInPackage = Self.number(text, value) }
            case "flags":
                guard let first = firstFlags else {
                    firstFlags = value
                    continue
                }
                if !Self.same(text, first, value) { otherFlags.append(value) }
            case "vendor_id" where vendor.isEmpty: vendor = Self.text(text, value)
            case "model name" where modelName.isEmpty: modelName = Self.text(text, value)
            case "cpu family" where processors.count <= 1: family = Self.number(text, value) ?? 0
            case "model" where processors.count <= 1: model = Self.number(text, value) ?? 0
            // "46 bits physical, 48 bits virtual"
            case "address sizes" where physicalBits == nil: physicalBits = Self.text(text, value).fields.first.flatMap { Int($0) }
            default: continue
            }
        }
        guard let firstFlags else { return }
        guard !otherFlags.isEmpty else {
            flags = Self.text(text, firstFlags).fields.map { String($0) }.sorted()
            return
        }
        var common = Set(Self.text(text, firstFlags).fields)
        for other in otherFlags { common.formIntersection(Self.text(text, other).fields) }
        flags = common.map { String($0) }.sorted()
    }

    /// Whether package and core tell the cores apart: every processor has both, and there are as many pairs as cores.
    ///
    /// There are fewer where a package has several dies that each count their cores from 0.
    var namesEveryCore: Bool {
        var cores: [Int: Set<Int>] = [:]
        var counts: [Int: Int] = [:]
        for processor in processors {
            guard let package = processor.package, let core = processor.core, let count = processor.coresInPackage else { return false }
            cores[package, default: []].insert(core)
            counts[package] = count
        }
        return !cores.isEmpty
            && cores.values.reduce(0) { $0 + $1.count } == counts.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    private mutating func lastProcessor(_ change: (inout Processor) -> Void) {
        guard !processors.isEmpty else { return }
        change(&processors[processors.count - 1])
    }

    private static func index(of byte: UInt8, in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
        guard let base = text.baseAddress, let found = memchr(base + start, Int32(byte), end - start) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private static func same(_ text: UnsafeBufferPointer<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        guard let base = text.baseAddress, a.count == b.count else { return false }
        return memcmp(base + a.lowerBound, base + b.lowerBound, a.count) == 0
    }

    private static func text(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        var range = range
        while let first = range.first, text[first] <= 0x20 { range = (first + 1)..<range.upperBound }
        while let last = range.last, text[last] <= 0x20 { range = range.lowerBound..<last }
        return String(decoding: UnsafeBufferPointer(rebasing: text[range]), as: UTF8.self)
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? { Int(Self.text(text, range)) }
}

import QemuArgs
import Testing

struct MacCPUTests {
    static func host(
        _ accelerator: Accelerator = .kvm, _ vendor: MacCPU.Vendor = .intel, _ features: Set<CPUFeature>? = Guests.everything,
        invariant: Bool = true, kHz: Int? = 3_000_000
    ) -> MacCPU.Host {
        MacCPU.Host(
            accelerator: accelerator, vendor: vendor, processor: XNU.Processor(family: 6, model: 0x5e), features: features,
            hasInvariantTSC: invariant, tscKHz: kHz)
    }

    @Test(arguments: [MacCPU.Vendor.intel, .amd, .other], 19...25)
    func everyGuestSeesAnIntelThatXNUKnows(vendor: MacCPU.Vendor, darwin: Int) {
        let cpu = MacCPU.choose(Self.host(.kvm, vendor), darwin: darwin).cpu
        #expect(cpu.model == "Skylake-Client-v4")
        for (name, setting) in [
            ("vendor", CPU.Setting.value("GenuineIntel")), ("kvm", .on), ("hypervisor", .on), ("vmware-cpuid-freq", .on), ("vmx", .off),
            ("pdpe1gb", .off), ("invtsc", .on), ("check", .on),
        ] {
            #expect(cpu[name] == setting, "\(name)")
        }
        #expect(cpu["enforce"] == nil)
        #expect(cpu["tsc-frequency"] == nil)
    }

    @Test func withoutAVX2ItIsAHaswellAndVenturaIsAProblem() {
        let features = Guests.everything.subtracting([.avx2])
        let old = MacCPU.choose(Self.host(.kvm, .intel, features), darwin: 21)
        #expect(old.cpu.model == "Haswell-noTSX")
        #expect(old.cpu["avx2"] == .off)
        #expect(old.problems == [])
        #expect(MacCPU.choose(Self.host(.kvm, .intel, features), darwin: 22).problems == [.noAVX2])
        #expect(MacCPU.choose(Self.host(.kvm, .intel, []), darwin: 19).problems.contains(.noSSE42))
    }

    struct TSC: Sendable {
        var invariant: Bool
        var offered: Bool
        var kHz: Int?
        var invtsc: CPU.Setting?
        var frequency: CPU.Setting?
        var problems: [MacCPU.Problem]
    }
    @Test(arguments: [
        TSC(invariant: true, offered: true, kHz: nil, invtsc: .on, frequency: nil, problems: []),
        TSC(invariant: true, offered: false, kHz: 2_400_000, invtsc: nil, frequency: .value("2400000000"), problems: [.noInvariantTSC]),
        TSC(invariant: false, offered: true, kHz: 2_400_000, invtsc: nil, frequency: .value("2400000000"), problems: [.noInvariantTSC]),
        TSC(invariant: false, offered: false, kHz: nil, invtsc: nil, frequency: nil, problems: [.noTSCFrequency, .noInvariantTSC]),
        TSC(invariant: false, offered: false, kHz: .max, invtsc: nil, frequency: nil, problems: [.noTSCFrequency, .noInvariantTSC]),
        TSC(invariant: false, offered: false, kHz: -1, invtsc: nil, frequency: nil, problems: [.noTSCFrequency, .noInvariantTSC]),
    ])
    func tsc(tsc: TSC) {
        let features = tsc.offered ? Guests.everything : Guests.everything.subtracting([.invtsc])
        let host = Self.host(.kvm, .intel, features, invariant: tsc.invariant, kHz: tsc.kHz)
        let choice = MacCPU.choose(host, darwin: 25)
        #expect(choice.cpu["invtsc"] == tsc.invtsc)
        #expect(choice.cpu["tsc-frequency"] == tsc.frequency)
        #expect(choice.problems == tsc.problems)
        // Before macOS 26 the TSC need not be invariant.
        #expect(!MacCPU.choose(host, darwin: 24).problems.contains(.noInvariantTSC))
    }

    /// XNU panics before stepping 3, and QEMU's Haswells without TSX have 1.
    @Test(arguments: ["Haswell-noTSX", "Haswell-noTSX-IBRS", "Haswell-v2", "Haswell-v4"])
    func anEarlyHaswellIsOneThatXNUTakes(model: String) {
        #expect(MacCPU.choose(Self.host(), darwin: 21, model: model).cpu["stepping"] == .value("3"))
        let features = Guests.everything.subtracting([.avx2])
        #expect(MacCPU.choose(Self.host(.kvm, .intel, features), darwin: 21).cpu["stepping"] == .value("3"))
        for other in ["Haswell", "Skylake-Client-v4", "Penryn"] {
            #expect(MacCPU.choose(Self.host(), darwin: 21, model: other).cpu["stepping"] == nil)
        }
    }

    @Test func modelsThatXNURefusesAreReported() {
        #expect(MacCPU.choose(Self.host(), darwin: 23, model: "EPYC-Rome").problems == [.unsupportedModel("EPYC-Rome")])
        #expect(MacCPU.choose(Self.host(.tcg), darwin: 19, model: "max").problems.contains(.unsupportedModel("max")))
        #expect(MacCPU.choose(Self.host(), darwin: 23, model: "host").problems == [])
        var host = Self.host()
        host.processor = XNU.Processor(family: 6, model: 0x6a)
        #expect(MacCPU.choose(host, darwin: 23, model: "host").problems == [.unsupportedProcessor(host.processor)])
        // The host's own processor does not matter to a named model.
        #expect(MacCPU.choose(host, darwin: 23).problems == [])
    }

    @Test(arguments: [(20, 4, false), (21, 1, false), (21, 2, true), (24, 4, true), (25, 4, true)])
    func severalVCPUsNeedAnInvariantTSC(darwin: Int, vcpus: Int, isProblem: Bool) {
        let host = Self.host(.kvm, .intel, Guests.everything.subtracting([.invtsc]))
        #expect(MacCPU.choose(host, darwin: darwin, vcpus: vcpus).problems.contains(.unevenTSC) == isProblem)
        #expect(!MacCPU.choose(Self.host(), darwin: darwin, vcpus: vcpus).problems.contains(.unevenTSC))
        #expect(!MacCPU.choose(Self.host(.tcg), darwin: darwin, vcpus: vcpus).problems.contains(.unevenTSC))
    }

    @Test(arguments: [
        (Accelerator.kvm, MacCPU.Vendor.intel, 22, true), (.kvm, .intel, 21, false), (.kvm, .amd, 24, false), (.kvm, .other, 24, false),
        (.tcg, .intel, 24, false),
    ])
    func paravirtualLocks(accelerator: Accelerator, vendor: MacCPU.Vendor, darwin: Int, isOn: Bool) {
        let host = Self.host(accelerator, vendor)
        let choice = MacCPU.choose(host, MacCPU.Request(darwin: darwin, vcpus: 1, paravirtualLocks: true))
        #expect(choice.cpu["kvm-pv-unhalt"] == (isOn ? .on : nil))
        #expect(choice.problems.contains { if case .noParavirtualLocks = $0 { true } else { false } } == !isOn)
        #expect(MacCPU.choose(host, darwin: darwin).cpu["kvm-pv-unhalt"] == nil)
    }

    @Test func addressBits() {
        let large = MacCPU.choose(Self.host(), MacCPU.Request(darwin: 23, vcpus: 1, physicalBits: 41)).cpu
        #expect(large["phys-bits"] == .value("41") && large["pdpe1gb"] == .on)
        #expect(MacCPU.choose(Self.host(), darwin: 23).cpu["phys-bits"] == nil)
    }

    @Test func anAMDLosesWhatIsIntels() {
        let choice = MacCPU.choose(Self.host(.kvm, .amd), darwin: 23)
        for name in ["pcid", "invpcid", "spec-ctrl"] { #expect(choice.cpu[name] == .off, "\(name)") }
        #expect(choice.cpu["smap"] == nil)
        #expect(choice.decisions.contains { $0.what == "vendor=GenuineIntel" })
        #expect(MacCPU.choose(Self.host(.kvm, .intel), darwin: 23).cpu["pcid"] == nil)
    }

    /// KVM_GET_SUPPORTED_CPUID never shows these two; switching them off would take the guest's best timer.
    @Test func theLocalAPICsFeaturesStay() {
        let cpu = MacCPU.choose(Self.host(.kvm, .intel, Guests.everything.subtracting([.x2apic, .tscDeadline])), darwin: 23).cpu
        #expect(cpu["x2apic"] == nil)
        #expect(cpu["tsc-deadline"] == nil)
    }

    @Test func unaskedKVMIsTrusted() {
        let cpu = MacCPU.choose(Self.host(.kvm, .intel, nil), darwin: 25).cpu
        #expect(cpu == MacCPU.choose(Self.host(), darwin: 25).cpu)
    }

    @Test func aConfiguredModelIsTakenAsItIs() {
        let choice = MacCPU.choose(Self.host(.kvm, .amd, [.avx2, .sse42]), darwin: 23, model: "host")
        #expect(choice.cpu.model == "host")
        #expect(choice.cpu["pcid"] == nil)
        #expect(choice.cpu["vendor"] == .value("GenuineIntel"))
    }

    @Test func softwareHasNoKVMProperties() {
        let cpu = MacCPU.choose(Self.host(.tcg, .intel, nil), darwin: 23).cpu
        for name in ["kvm", "vmware-cpuid-freq", "invtsc", "tsc-frequency"] { #expect(cpu[name] == nil, "\(name)") }
        #expect(cpu["x2apic"] == .off)
    }

    @Test(arguments: [
        ("GenuineIntel", MacCPU.Vendor.intel), ("AuthenticAMD", .amd), ("HygonGenuine", .amd), ("CentaurHauls", .other), ("", .other),
    ])
    func vendors(id: String, vendor: MacCPU.Vendor) {
        #expect(MacCPU.Vendor(id: id) == vendor)
    }
}

struct CPUFeatureTests {
    static func entry(_ function: UInt32, _ index: UInt32 = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0, d: UInt32 = 0) -> CPUIDLeaf {
        CPUIDLeaf(function: function, index: index, eax: a, ebx: b, ecx: c, edx: d)
    }

    struct Bits: Sendable {
        var entry: CPUIDLeaf
        var features: Set<CPUFeature>
    }
    static let samples: [Bits] = [
        Bits(entry: entry(1, c: 0x0400_0000), features: [.xsave]),
        Bits(entry: entry(1, c: 0x0210_0000), features: [.sse42, .aes]),
        Bits(entry: entry(1, d: .max), features: []),
        Bits(entry: entry(7, b: 0x20), features: [.avx2]),
        Bits(entry: entry(7, 1, b: 0x20), features: []),
        Bits(entry: entry(7, d: 0x0400_0000), features: [.specCtrl]),
        Bits(entry: entry(0xd, 1, a: 0b1010), features: [.xsavec, .xsaves]),
        Bits(entry: entry(0xd, 0, a: 0b1111), features: []),
        Bits(entry: entry(0x8000_0001, d: 0x0c00_0000), features: [.pdpe1gb, .rdtscp]),
        Bits(entry: entry(0x8000_0007, d: 0x100), features: [.invtsc]),
        Bits(entry: entry(0x8000_0007, c: 0x100), features: []),
    ]

    /// Bits by their numbers in Linux's arch/x86/include/asm/cpufeatures.h, which orders them by leaf as the processor does.
    @Test(arguments: samples)
    func decoding(bits: Bits) {
        #expect(CPUFeature.all(in: [bits.entry]) == bits.features)
    }

    @Test func noLeafIsNoFeature() {
        #expect(CPUFeature.all(in: []) == [])
    }

    @Test func everyFeatureHasABitOfItsOwn() {
        let leaves: [(UInt32, UInt32)] = [(1, 0), (7, 0), (0xd, 1), (0x8000_0001, 0), (0x8000_0007, 0)]
        var seen: [CPUFeature: Int] = [:]
        for (function, index) in leaves {
            for register in 0..<4 {
                for bit in 0..<32 {
                    let value = { (r: Int) -> UInt32 in r == register ? 1 << UInt32(bit) : 0 }
                    let found = CPUFeature.all(in: [Self.entry(function, index, a: value(0), b: value(1), c: value(2), d: value(3))])
                    #expect(found.count <= 1)
                    for feature in found { seen[feature, default: 0] += 1 }
                }
            }
        }
        #expect(seen == Dictionary(uniqueKeysWithValues: CPUFeature.allCases.map { ($0, 1) }))
    }
}

import KVM
import Testing

@testable import BootSettings
@testable import Booter
@testable import QemuArgs

/// Every plan against XNU's rules, read from QEMU's arguments alone.
struct XNURulesTests {
    /// Why XNU would not start on this machine; empty when it would.
    private static func objections(_ argv: [String], darwin: Int, isKVM: Bool, host: XNU.Processor) throws -> [String] {
        func value(_ option: String) throws -> [String] {
            let index = try #require(argv.firstIndex(of: option))
            return argv[index + 1].split(separator: ",").map(String.init)
        }
        func property(_ name: String, _ list: [String]) -> String? {
            list.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        var objections: [String] = []
        let cpu = try value("-cpu")
        // target/i386/cpu.c; a Haswell without TSX has stepping 1.
        let numbers = [
            "Skylake-Client-v4": (94, 3), "Haswell-noTSX": (60, 1), "Haswell": (60, 4), "Penryn": (23, 3), "Cascadelake-Server": (85, 6),
            "EPYC": (2, 2), "Icelake-Server": (106, 6),
        ]
        var processor = host
        if let number = numbers[cpu[0]] {
            processor = XNU.Processor(family: cpu[0] == "EPYC" ? 23 : 6, model: number.0, stepping: number.1)
        }
        if let stepping = property("stepping", cpu) { processor.stepping = Int(stepping) }
        if !XNU.accepts(processor, darwin: darwin) { objections.append("processor") }
        if property("vendor", cpu) != "GenuineIntel" || property("hypervisor", cpu) != "on" { objections.append("vendor") }
        if isKVM {
            // QEMU's conditions for leaf 0x40000010, without which XNU divides by zero.
            let isKnown = property("invtsc", cpu) == "on" || property("tsc-frequency", cpu) != nil
            if property("kvm", cpu) != "on" || property("vmware-cpuid-freq", cpu) != "on" || !isKnown { objections.append("leaf") }
        }

        let smp = try value("-smp")
        let (vcpus, sockets, cores, threads) = (
            Int(smp[0]), property("sockets", smp).flatMap { Int($0) }, property("cores", smp).flatMap { Int($0) },
            property("threads", smp).flatMap { Int($0) }
        )
        let count = try #require(vcpus)
        if count > 64 || property("maxcpus", smp) != nil { objections.append("count") }
        for exact in [true, false] {
            let packages = try? XNUCount.packages(
                sockets: try #require(sockets), cores: try #require(cores), threads: try #require(threads), exactCores: exact)
            if packages != sockets { objections.append("topology") }
        }

        let mebibytes = try #require(Int(try value("-m")[0].dropLast()))
        if mebibytes > (darwin < 21 ? 1536 : 2048) << 10 { objections.append("memory") }
        // QEMU's own limit: 2^bits, less 32 GiB for PCI and the 2 GiB hole below 4.
        let bits = property("phys-bits", cpu).flatMap { Int($0) } ?? 40
        if mebibytes > (1 << (bits - 20)) - 34 << 10 { objections.append("address bits") }
        return objections
    }

    private static func check(_ plan: BootPlan, _ configuration: Configuration, _ name: String) throws -> Bool {
        guard let argv = plan.qemu?.argv else { return false }
        let cpu = plan.facts.cpu
        let objections = try objections(
            argv, darwin: configuration.guest.macOS.darwin, isKVM: configuration.guest.accelerator == .kvm,
            host: XNU.Processor(family: cpu.family, model: cpu.model))
        // What a user asked for, or a machine cannot give, is started with a warning.
        let said = plan.warnings.joined(separator: "\n")
        for objection in objections {
            switch objection {
            case "processor": #expect(configuration.guest.cpuModel != nil && said.contains("Unsupported CPU"), "\(name)")
            case "leaf": #expect(plan.facts.kvm == nil || said.contains("ProvideCurrentCpuInfo"), "\(name)")
            default: Issue.record("\(name): \(objection): \(argv.joined(separator: " "))")
            }
        }
        return objections.isEmpty
    }

    @Test(arguments: SavedHost.all)
    func savedMachines(host: SavedHost) throws {
        let (found, qemu) = (try PlannedHost(host.name).facts(), try SavedAnswers.qemu10())
        for release in MacOSRelease.allCases {
            for model in [nil, "Haswell-noTSX", "host", "EPYC", "Icelake-Server"] {
                let configuration = Configuration.with {
                    $0.guest.macOS = release
                    $0.guest.cpuModel = model
                }
                let name = "\(host.name) \(release) \(model ?? "auto")"
                let first = Planner(configuration: configuration, facts: found).plan()
                _ = try Self.check(first, configuration, name)
                for kvm in [SavedAnswers.skylake, SavedAnswers.rome, SavedAnswers.withoutInvariantTSC] {
                    var facts = found
                    facts.prepare(first.preparation)
                    (facts.isReplay, facts.kvm, facts.qemu) = (false, kvm, qemu)
                    let plan = Planner(configuration: configuration, facts: facts, prepared: true).plan()
                    let isClean = try Self.check(plan, configuration, name + ", prepared")
                    if plan.qemu != nil, model == nil || model == "Haswell-noTSX" { #expect(isClean, "\(name)") }
                }
            }
        }
    }

    @Test func randomPlans() throws {
        var clean = 0
        for seed in 1...1500 as ClosedRange<UInt64> {
            var random = RandomPlan(seed: seed)
            let (facts, configuration) = (random.facts(), random.configuration())
            let plan = Planner(configuration: configuration, facts: facts, prepared: seed % 2 == 0).plan()
            if try Self.check(plan, configuration, "seed \(seed)") { clean += 1 }
        }
        #expect(clean > 200)
    }

    /// Memory from below QEMU's limit to above XNU's, on CPUs of different widths.
    @Test(arguments: [nil, 36, 40, 41, 42, 46, 52, 57], [MacOSRelease.bigSur, .monterey])
    func largeMachines(bits: Int?, release: MacOSRelease) throws {
        for gib in [900, 980, 1030, 1536, 2048, 3072, 12_000] {
            for hasLargePages in [true, false] {
                let configuration = Configuration.with { $0.guest.macOS = release }
                let plan = Sample.plan(configuration) { facts in
                    facts.memory.total = gib << 30
                    facts.memory.available = (gib - 12) << 30
                    facts.cpu.physicalBits = bits
                    if hasLargePages, let index = facts.kvm?.cpuid.firstIndex(where: { $0.function == 0x8000_0001 }) {
                        facts.kvm?.cpuid[index].edx |= 1 << 26
                    } else if let index = facts.kvm?.cpuid.firstIndex(where: { $0.function == 0x8000_0001 }) {
                        facts.kvm?.cpuid[index].edx &= ~(1 << 26)
                    }
                }
                let isClean = try Self.check(plan, configuration, "\(gib) GiB, \(bits ?? 0) bits")
                #expect(isClean)
                let guest = try #require(plan.guest).memoryMiB >> 10
                let mayBeLarge = bits ?? 0 > 40 && hasLargePages
                #expect(mayBeLarge ? guest > 990 || gib < 1031 : guest <= 990)
                let argv = try #require(plan.qemu?.argv).joined(separator: " ")
                #expect(argv.contains("phys-bits=") == (guest > 990) && argv.contains("pdpe1gb=on") == (guest > 990))
                if guest == 990 { #expect(plan.decision("memory")?.reason.contains("phys-bits") == true) }
            }
        }
    }

    @Test func tooMuchIsRefusedWithTheReason() {
        let plan = Sample.plan(.with { $0.guest.memory = 1200 << 30 }) {
            $0.memory.total = 2048 << 30
            $0.memory.available = 2040 << 30
        }
        #expect(plan.refusal?.message.contains("phys-bits") == true && plan.refusal?.exitCode == 78)
        #expect(plan.refusal?.remedy == "set guest.memory to at most 1013760 MiB, or leave it out")
    }
}

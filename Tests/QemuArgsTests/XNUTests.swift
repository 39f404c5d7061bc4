import Testing

@testable import QemuArgs

struct XNUTests {
    /// What XNU's own code, compiled from six of its releases, said to QEMU's models.
    @Test(arguments: [
        "Penryn", "Nehalem", "Nehalem-IBRS", "Westmere-v2", "SandyBridge", "IvyBridge-IBRS", "Haswell", "Haswell-v3", "Broadwell-noTSX",
        "Skylake-Client-v4", "Skylake-Server-v5", "Cascadelake-Server-noTSX", "Cooperlake-v2",
    ])
    func acceptedModels(name: String) throws {
        let processor = try #require(XNU.processor(qemuModel: name))
        for darwin in 19...25 { #expect(XNU.accepts(processor, darwin: darwin)) }
    }

    @Test(arguments: [
        "Icelake-Server", "Icelake-Server-v6", "EPYC", "EPYC-Milan-v1", "Denverton", "Snowridge", "kvm64", "qemu64", "core2duo", "Conroe",
        "SapphireRapids", "Haswellish", "", "host",
    ])
    func refusedModels(name: String) { #expect(XNU.processor(qemuModel: name) == nil) }

    @Test(arguments: ["Haswell-noTSX", "Haswell-noTSX-IBRS", "Haswell-v2", "Haswell-v4"])
    func earlyHaswells(name: String) throws {
        var processor = try #require(XNU.processor(qemuModel: name))
        #expect(!XNU.accepts(processor, darwin: 23))
        processor.stepping = 3
        #expect(XNU.accepts(processor, darwin: 23))
    }

    @Test(arguments: [
        (0x7e, 19, false), (0x7e, 20, true), (0x9f, 20, true), (0xa5, 22, false), (0xa5, 23, true), (0x8e, 19, true), (0x6a, 25, false),
        (0x4f, 25, false), (0x0f, 19, false), (-1, 19, false),
    ])
    func processorsByRelease(model: Int, darwin: Int, isAccepted: Bool) {
        #expect(XNU.accepts(XNU.Processor(family: 6, model: model), darwin: darwin) == isAccepted)
        #expect(!XNU.accepts(XNU.Processor(family: 25, model: model), darwin: darwin))
    }

    /// The numbers that are written here for QEMU's models, as the installed QEMU shows them to a guest.
    @Test(
        .enabled(if: RealQemu.path != nil, "needs qemu-system-x86_64"),
        arguments: XNU.qemuModels.map(\.name) + ["Haswell-noTSX", "Haswell-v4"])
    func modelsOfTheRealQemu(name: String) throws {
        let qemu = try RealQemu()
        let cpu = "/machine/unattached/device[0]"
        _ = try qemu.run(
            ["-machine", "q35", "-nodefaults", "-display", "none", "-cpu", name],
            monitor: ["family", "model", "stepping"].map { "qom-get \(cpu) \($0)" })
        let numbers = qemu.answers.split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix(#"{"return": ""#) ? Int(line.dropFirst(12).prefix { $0.isNumber }) : nil
        }
        let processor = try #require(XNU.processor(qemuModel: name))
        #expect(numbers.prefix(2) == [6, processor.model])
        let stepping = try #require(numbers.last)
        #expect(processor.stepping == nil ? stepping >= XNU.firstStepping(model: processor.model) : processor.stepping == stepping)
    }
}

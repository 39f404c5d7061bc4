import ArgumentParser
import Diagnostics
import HostSupport
import NetworkValues
public import OpenCoreImage
import SystemPackage

/// The Mac that the guest pretends to be.
struct OpenCoreIdentityOptions: ParsableArguments {
    @Option(help: "The model of a new identity.") var model: MacModel?
    @Option(help: ArgumentHelp("Use this identity.", valueName: "json")) var identity: String?
    @Flag(help: "Make a new identity, even if there is one beside the image.") var newIdentity = false
    @Option(help: "The guest's MAC address.") var mac: String?
    @Option(help: ArgumentHelp("Write a boot.toml with MAC address and UUID for `boot`.", valueName: "file")) var bootToml: String?

    func apply(to request: inout BuildRequest) throws {
        request.identity.imported = identity.map { FilePath(absolute: $0) }
        request.identity.isNew = newIdentity
        request.identity.model = model
        request.identity.mac = try mac.map { text in
            guard let address = MACAddress(text) else {
                throw OperationError(
                    "read", "--mac \(text)", cause: "it is not \(MACAddress.expected)", exit: .usage)
            }
            return address
        }
        request.bootConfiguration = bootToml.map { FilePath(absolute: $0) }
        guard identity == nil || !newIdentity else {
            throw ValidationError("use either --identity or --new-identity")
        }
    }
}

extension MacModel: ExpressibleByArgument {}

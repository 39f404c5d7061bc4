import ArgumentParser
import Diagnostics
import HostSupport
import NetworkValues
public import OpenCoreImage
import SystemPackage

/// Which Mac an image makes of its guest.
struct OpenCoreIdentityOptions: ParsableArguments {
    @Option(help: "The model of a new identity.") var model: MacModel?
    @Option(help: ArgumentHelp("An identity to take over.", valueName: "json")) var identity: String?
    @Flag(help: "A new identity in place of the one beside the image.") var newIdentity = false
    @Option(help: "The MAC address that the guest will have.") var mac: String?
    @Option(help: ArgumentHelp("Write the MAC address and the UUID for `boot` into this file.", valueName: "file")) var bootToml: String?

    func apply(to request: inout BuildRequest) throws {
        request.identity.imported = identity.map { FilePath(absolute: $0) }
        request.identity.isNew = newIdentity
        request.identity.model = model
        request.identity.mac = try mac.map { text in
            guard let address = MACAddress(text) else {
                throw OperationError(
                    "read", "--mac \(text)", cause: "it is not the MAC address of one station, such as 00:16:3e:01:02:03", exit: .usage)
            }
            return address
        }
        request.bootConfiguration = bootToml.map { FilePath(absolute: $0) }
        guard identity == nil || !newIdentity else {
            throw ValidationError("--identity and --new-identity exclude each other")
        }
    }
}

extension MacModel: ExpressibleByArgument {}

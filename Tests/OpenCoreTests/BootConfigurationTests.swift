import Foundation
import LinuxSupport
import NetSetup
import NetworkValues
import SystemPackage
import Testing

@testable import BootSettings
@testable import Booter
@testable import OpenCoreImage

/// What `mkopencore --boot-toml` writes, read by `boot` itself.
struct BootConfigurationTests {
    @Test(arguments: MacModel.allCases)
    func bootHasTheAddressOfTheROM(_ model: MacModel) throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let identity = MacIdentity.random(model)
        let file = try stand.file("boot.toml", Data(identity.bootToml.utf8))
        let guest = try ConfigurationLoader.load(root: .init(stand.root), file: file.string, environment: [:]).configuration.guest
        #expect(guest.mac?.description == identity.mac.description)
        #expect(guest.uuid == identity.uuid.lowercased())
        // And the ROM is what the image was made with.
        var profile = Samples.profile()
        profile.identity = identity
        let generic = OpenCoreConfiguration(for: profile).platformInfo.generic
        #expect(Array(generic.rom) == identity.mac.bytes)
        #expect(generic.systemUUID == identity.uuid)
    }
}

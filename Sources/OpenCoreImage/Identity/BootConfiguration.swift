/// What `boot` has to know of an identity: the beginning of a boot.toml.
///
/// Without it `boot` derives a MAC address and a UUID from the machine that it runs on, and macOS would see one address in its
/// network card and another in its ROM.
package enum BootConfiguration {
    package static func toml(_ identity: MachineIdentity) -> String {
        """
        [guest]
        mac = "\(identity.mac)"
        uuid = "\(identity.uuid.lowercased())"

        """
    }
}

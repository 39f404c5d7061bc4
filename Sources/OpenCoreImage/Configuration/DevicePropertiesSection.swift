import Foundation

/// Properties that macOS sees on PCI devices.
package struct DevicePropertiesSection: ConfigurationSection {
    /// By device path, then by property.
    package var add: [String: [String: PlistValue]] = [
        // The network card, where `boot` puts it (PCI slot 3 of the root bus). Apple's services ask for a built-in en0.
        // https://github.com/kholia/OSX-KVM (notes.md, "App Store problems")
        "PciRoot(0x0)/Pci(0x3,0x0)": ["built-in": .data(Data([1]))]
    ]
    package var delete: [String: PlistValue] = [:]
}

package import AppleMedia
import Crypto
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
package import HostSupport
import MediaCodecs
import SystemPackage

/// The installer package that puts the agent and the settings into an installed macOS.
///
/// A distribution with one component, as `startosinstall --installpackage` asks for. The component has scripts and no payload: its
/// files travel among the scripts and the script copies them. Without a payload there is no bill of materials, whose format Apple
/// does not document, and the script can choose the volume: in the installer's system, the volume of the user's data is mounted at
/// another place than in the system that was installed.
package struct ProvisioningPackage: Sendable {
    package static let identifier = "org.macos-virt.provisioning"
    /// In the guest: settings, what was applied.
    package static let stateDirectory = "/private/var/db/macos-virt"
    private static let component = "provisioning.pkg"

    /// What the component's scripts are: files and directories, with their modes.
    package let scripts: [CpioWriter.Item]
    /// What the agent applies at the first start.
    package let seed: SeedFiles

    /// - Parameter powersOff: the guest powers itself off when its first start has applied everything.
    /// - Throws: `noInput` for a package or a script that cannot be read.
    package init(_ settings: ProvisioningSettings, powersOff: Bool) throws(OperationError) {
        var (items, hash) = ([CpioWriter.Item](), SHA256())
        func add(_ name: String, mode: Int, _ bytes: [UInt8]) {
            items.append(CpioWriter.Item("./" + name, mode: mode, MemorySource(bytes)))
        }
        items.append(CpioWriter.Item(".", mode: 0o755, nil))
        add("postinstall", mode: 0o755, PackageResources.postinstall_sh)
        add("agent", mode: 0o755, AgentScript.bytes)
        add("cloud-config.awk", mode: 0o644, PackageResources.cloud_config_awk)
        add("agent.plist", mode: 0o644, PackageResources.agent_plist)
        if settings.skipSetupAssistant { add("skip-setup-assistant", mode: 0o644, []) }
        var packages: [String] = []
        if !settings.packages.isEmpty { items.append(CpioWriter.Item("./packages", mode: 0o700, nil)) }
        for (number, path) in settings.packages.enumerated() {
            let name = "packages/\(number + 1).pkg"
            items.append(CpioWriter.Item("./" + name, mode: 0o600, try FileSource.input(path, allowsBlockDevice: false)))
            packages.append("\(Self.stateDirectory)/\(name)")
        }
        if let script = settings.script {
            let content = try InputFile.read(script)
            add("script", mode: 0o700, [UInt8](content))
            hash.update(data: content)
        }
        let script = settings.script.map { _ in Self.stateDirectory + "/script" }
        var seed = SeedFiles(settings, packages: packages, script: script, instance: "", powersOff: powersOff)
        hash.update(data: Data(seed.userData.utf8))
        let instance = hash.finalize().prefix(8).hexadecimal
        seed.metaData = "instance-id: provisioning-\(instance)\n"
        items.append(CpioWriter.Item("./seed", mode: 0o700, nil))
        add("seed/meta-data", mode: 0o600, Array(seed.metaData.utf8))
        add("seed/user-data", mode: 0o600, Array(seed.userData.utf8))
        (scripts, self.seed) = (items, seed)
    }

    /// Writes the package: a new file of the draft. Only its owner can read it, because of the password's hash.
    /// - Throws: `cantCreate`, `noInput`, `interrupted`.
    package func write(_ name: String, in draft: Draft) throws(OperationError) {
        let (archive, path) = (draft.path(name + ".Scripts"), draft.path(name))
        do throws(FormatError) {
            let packed = try Self.newFile(archive)
            let output = try GzipOutput(packed)
            var writer = CpioWriter(output)
            for item in scripts { try writer.append(item) }
            try writer.finish()
            try output.finish()
            try packed.setSize(output.size)
            let xar = XarBuilder([
                XarBuilder.Item("Distribution", MemorySource(Array(Self.distribution.utf8))),
                XarBuilder.Item(Self.component + "/PackageInfo", MemorySource(Array(Self.packageInfo.utf8))),
                XarBuilder.Item(Self.component + "/Scripts", try FileSource(opening: archive)),
            ])
            let file = try Self.newFile(path)
            try file.setSize(try xar.write(to: file))
        } catch {
            throw error.operationError("write", path.string)
        }
    }

    private static func newFile(_ path: FilePath) throws(FormatError) -> FileSink {
        try FileSink(opening: path, size: nil, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    }

    private static let packageInfo = """
        <?xml version="1.0" encoding="utf-8"?>
        <pkg-info overwrite-permissions="true" relocatable="false" identifier="\(identifier)" postinstall-action="none" version="1.0" \
        format-version="2" auth="root">
            <scripts>
                <postinstall file="./postinstall"/>
            </scripts>
        </pkg-info>

        """

    private static let distribution = """
        <?xml version="1.0" encoding="utf-8"?>
        <installer-gui-script minSpecVersion="1">
            <title>macos-virt</title>
            <product id="\(identifier)" version="1.0"/>
            <pkg-ref id="\(identifier)"/>
            <options customize="never" require-scripts="false" hostArchitectures="x86_64,arm64"/>
            <choices-outline>
                <line choice="default">
                    <line choice="\(identifier)"/>
                </line>
            </choices-outline>
            <choice id="default"/>
            <choice id="\(identifier)" visible="false">
                <pkg-ref id="\(identifier)"/>
            </choice>
            <pkg-ref id="\(identifier)" version="1.0" installKBytes="0" onConclusion="none">#\(component)</pkg-ref>
        </installer-gui-script>

        """
}

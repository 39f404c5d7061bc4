import ArgumentParser
import Diagnostics
import HostSupport
import OpenCoreImage
import SystemPackage

/// Where the parts of an OpenCore image come from.
struct OpenCoreInputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A release of OpenCore.", valueName: "zip or directory")) var opencore: String?
    @Option(help: "The version to fetch, or the version of --opencore if its name does not tell.") var opencoreVersion: String?
    @Flag(help: "Use the DEBUG build, with OpenCore's log and macOS's console on the serial port.") var debug = false
    @Option(help: ArgumentHelp("A release of Lilu.", valueName: "zip or kext")) var lilu: String?
    @Option(help: ArgumentHelp("A release of VirtualSMC.", valueName: "zip or kext")) var virtualsmc: String?
    @Flag(help: "Leave out Lilu and VirtualSMC: the guest uses QEMU's SMC. If you own a Mac, you can use its key (guest.osk_file).")
    var withoutVirtualsmc = false
    @Option(help: ArgumentHelp("Add a kext, for a range of Darwin versions if you like. Repeatable.", valueName: "path[@min-max]"))
    var kext: [String] = []
    @Option(help: ArgumentHelp("Add a driver: its name in the release, or a path. Repeatable.", valueName: "driver"))
    var driver: [String] = []
    @Option(help: ArgumentHelp("boot0, boot1f32 and bootX64, if the release lacks them.", valueName: "directory")) var legacyBoot: String?
    @Option(help: ArgumentHelp("OpenCanopy's icons: Resources of OcBinaryData.", valueName: "directory")) var resources: String?
    @Option(help: ArgumentHelp("Where downloads are kept. ($XDG_CACHE_HOME/macos-virt)", valueName: "directory")) var cache: String?
    @Option(help: "The lock file: the SHA-256 of each download at first use.") var lock = "opencore/sources.lock"
    @Flag(help: "Download nothing: use the lock file and the cache.") var offline = false
    @Option(help: .hidden) var githubApi = ReleaseStore.gitHub

    var store: ReleaseStore {
        ReleaseStore(cache: CacheDirectory.path(cache), lock: FilePath(absolute: lock), isOffline: offline, api: githubApi)
    }

    func apply(to request: inout BuildRequest) throws {
        request.openCore = opencore.map { FilePath(absolute: $0) }
        request.version = try opencoreVersion.map { text in
            guard let version = OpenCoreVersion(text) else {
                throw OperationError("read", "--opencore-version \(text)", cause: "it is not a version such as 1.0.6", exit: .usage)
            }
            return version
        }
        request.build = debug ? .debug : .release
        (request.lilu, request.virtualSMC) = (lilu.map { FilePath(absolute: $0) }, virtualsmc.map { FilePath(absolute: $0) })
        request.hasSMC = !withoutVirtualsmc
        request.kexts = try kext.map { text in
            guard let source = KextSource(text) else {
                throw OperationError("read", "--kext \(text)", cause: "it is not PATH or PATH@22.0.0-23.99.99", exit: .usage)
            }
            return source
        }
        request.drivers = driver
        (request.legacyBoot, request.resources) = (legacyBoot.map { FilePath(absolute: $0) }, resources.map { FilePath(absolute: $0) })
    }
}

import CKmod
import Glibc
import LinuxSupport
public import SystemPackage

/// The owner of libkmod's context: a module directory and the configuration of modprobe.d.
///
/// Only the library is used: neither modprobe nor any `install` command of modprobe.d is run.
/// `options`, `alias` and `softdep` lines, and parameters on the kernel command line, are followed.
/// `blacklist` lines apply to aliases only, as in modprobe: a module that is requested by name is loaded.
public struct ModuleContext: ~Copyable {
    let handle: OpaquePointer
    /// Outlives the context: `deinit` runs before the stored properties go.
    let log: ModuleLog
    /// Where the modules are: /lib/modules/<release> of the running kernel, unless it was chosen.
    let directory: FilePath

    /// Reads the configuration and opens the indexes of `directory`.
    ///
    /// A missing directory is not an error here: the kernel may have everything built in.
    /// - Parameters:
    ///   - directory: nil is /lib/modules/`uname -r`.
    ///   - configuration: files or directories that replace the default ones, such as /etc/modprobe.d; nil is the default.
    /// - Throws: `.outOfMemory` only.
    public init(directory: FilePath? = nil, configuration: [FilePath]? = nil) throws(ModuleError) {
        guard let handle = Self.newContext(directory, configuration) else {
            throw ModuleError(.open, nil, errno: .noMemory, kind: .outOfMemory)
        }
        let log = ModuleLog()
        mv_kmod_collect_log(handle, log.buffer, LOG_INFO)
        // With a missing index each lookup fails by itself, with the directory's name in the error.
        _ = kmod_load_resources(handle)
        _ = log.take()
        self.directory = FilePath(kmod_get_dirname(handle).map { String(cString: $0) } ?? "")
        self.handle = handle
        self.log = log
    }

    deinit { kmod_unref(handle) }

    private static func newContext(_ directory: FilePath?, _ configuration: [FilePath]?) -> OpaquePointer? {
        let directory = directory.map { strdup($0.string) } ?? nil
        defer { free(directory) }
        guard let configuration else { return kmod_new(directory, nil) }
        let paths = configuration.map { strdup($0.string) }
        defer { paths.forEach { free($0) } }
        return (paths.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { kmod_new(directory, $0.baseAddress) }
    }

    /// The modules of this name or alias; dashes and underscores are the same.
    ///
    /// - Throws: `.unknownModule`, or `.missingDirectory` when nothing could be looked up.
    func modules(named name: String) throws(ModuleError) -> [ModuleDescription] {
        var result: [ModuleDescription] = []
        try lookUp(name).forEach { module in
            result.append(
                ModuleDescription(
                    name: module.name, path: module.path, dependencies: module.dependencies.names, options: module.options,
                    state: module.state))
        }
        return result
    }

    /// The state of a module by its own name. An unknown name is `.absent`.
    func state(of name: String) -> ModuleState {
        var handle: OpaquePointer?
        guard kmod_module_new_from_name(self.handle, name, &handle) == 0, let handle else { return .absent }
        return KernelModule(adopting: handle).state
    }

    /// Finds modules by name or alias, through modules.dep, modules.alias, modules.symbols and modules.builtin.
    func lookUp(_ name: String) throws(ModuleError) -> ModuleList {
        var head: OpaquePointer?
        let result = kmod_module_new_from_lookup(handle, name, &head)
        let list = ModuleList(adopting: head)
        if result < 0 { throw failure(.lookUp, name, Errno(rawValue: -result)) }
        if list.isEmpty { throw failure(.lookUp, name, .noSuchFileOrDirectory) }
        return list
    }

    func failure(_ operation: ModuleError.Operation, _ name: String, _ errno: Errno, kernel: [String] = []) -> ModuleError {
        .classify(operation, name, errno, environment: .read(directory: directory), messages: log.take() + kernel)
    }
}

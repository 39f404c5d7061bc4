import CKmod
import Glibc

/// The owner of one reference to a kmod_module; it must not outlive its context.
struct KernelModule: ~Copyable {
    let handle: OpaquePointer

    /// Takes over one reference.
    init(adopting handle: OpaquePointer) { self.handle = handle }

    var name: String { kmod_module_get_name(handle).map { String(cString: $0) } ?? "" }

    var path: String? { kmod_module_get_path(handle).map { String(cString: $0) } }

    /// From `options` lines of modprobe.d and from `module.parameter=value` on the kernel command line.
    var options: String { kmod_module_get_options(handle).map { String(cString: $0) } ?? "" }

    /// Its state in the kernel.
    ///
    /// /sys/module/NAME without an `initstate` is a module that is being loaded, or one that is built in and has parameters.
    /// libkmod tells them apart by modules.builtin; without that index, a module that has no file must be the latter.
    var state: ModuleState {
        let state = kmod_module_get_initstate(handle)
        return switch state {
        case Int32(KMOD_MODULE_BUILTIN.rawValue): .builtin
        case Int32(KMOD_MODULE_LIVE.rawValue): .live
        case Int32(KMOD_MODULE_COMING.rawValue): path == nil ? .builtin : .coming
        case Int32(KMOD_MODULE_GOING.rawValue): .going
        default: .absent
        }
    }

    /// The modules of modules.dep that it needs, in the order of their insertion.
    var dependencies: ModuleList { ModuleList(adopting: kmod_module_get_dependencies(handle)) }

    /// The `pre` and `post` modules of its `softdep` lines; modules that do not exist are left out.
    ///
    /// nil when libkmod ran out of memory.
    func softDependencies(_ body: (_ before: borrowing ModuleList, _ after: borrowing ModuleList) -> Void) -> Bool {
        var before: OpaquePointer?
        var after: OpaquePointer?
        guard kmod_module_get_softdeps(handle, &before, &after) == 0 else { return false }
        body(ModuleList(adopting: before), ModuleList(adopting: after))
        return true
    }

    /// finit_module(2), or init_module(2) with what libkmod uncompressed. 0 or a negative errno.
    func insert(options: String) -> Int32 { kmod_module_insert_module(handle, 0, options) }

    deinit { kmod_module_unref(handle) }
}

/// The state of a module in the kernel.
enum ModuleState: Equatable, Sendable {
    /// A part of the kernel's image: there is nothing to load.
    case builtin
    case live
    /// Another process is inserting it.
    case coming
    case going
    case absent

    /// Whether there is nothing left to load.
    var isReady: Bool { self == .live || self == .builtin }
}

/// What `ModuleContext.insert` did.
public enum Insertion: Equatable, Sendable {
    /// The modules that were not in the kernel before, dependencies included, in the order of their insertion.
    case inserted([String])
    case alreadyLive
    case builtin
}

/// A module as the module directory describes it.
struct ModuleDescription: Equatable, Sendable {
    /// As the kernel spells it, with underscores: kvm_intel.
    var name: String
    /// The file that holds it; nil for a module that is built in.
    var path: String?
    /// The names of the modules that it needs, in the order of their insertion.
    var dependencies: [String]
    /// The options that modprobe.d and the kernel command line give it.
    var options: String
    var state: ModuleState
}

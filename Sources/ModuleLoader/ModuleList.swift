import CKmod

/// The owner of a kmod_list of modules.
struct ModuleList: ~Copyable {
    private let head: OpaquePointer?

    init(adopting head: OpaquePointer?) { self.head = head }

    var isEmpty: Bool { head == nil }

    /// Calls `body` with each module, in order.
    func forEach<E: Error>(_ body: (borrowing KernelModule) throws(E) -> Void) throws(E) {
        var entry = head
        while let current = entry {
            // kmod_module_get_module gives a reference of its own.
            if let handle = kmod_module_get_module(current) { try body(KernelModule(adopting: handle)) }
            entry = kmod_list_next(head, current)
        }
    }

    var names: [String] {
        var names: [String] = []
        forEach { names.append($0.name) }
        return names
    }

    deinit { if let head { kmod_module_unref_list(head) } }
}

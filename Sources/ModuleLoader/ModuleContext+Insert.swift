import CKmod
import LinuxSupport
import SystemPackage

extension ModuleContext {
    /// Inserts a module and what it depends on.
    ///
    /// A module that is live or built in stays as it is, and so do its parameters: see `ModuleParameters`.
    /// A soft dependency that fails is skipped, as in modprobe; `softFailures` gets its error.
    /// - Parameters:
    ///   - name: a name or an alias; dashes and underscores are the same.
    ///   - parameters: for this module, not for its dependencies: `ignore_msrs=1 halt_poll_ns=0`. They come after those of
    ///     modprobe.d and of the kernel command line, and so take precedence.
    /// - Throws: the error of the first required module that failed, with that module's name.
    public func insert(
        _ name: String, parameters: String = "", softFailures: ((ModuleError) -> Void)? = nil
    ) throws(ModuleError) -> Insertion {
        _ = log.take()
        switch state(of: name) {
        case .live: return .alreadyLive
        case .builtin: return .builtin
        case .coming, .going, .absent: break
        }
        var inserted: [String] = []
        var builtin = true
        let modules = try lookUp(name)
        try modules.forEach { (module) throws(ModuleError) in
            if module.name != normalized(name), isBlacklisted(module) { return }
            switch module.state {
            case .builtin: return
            case .live: builtin = false
            case .coming, .going, .absent:
                builtin = false
                inserted += try insert(module, parameters: parameters, softFailures: softFailures)
            }
        }
        if !inserted.isEmpty { return .inserted(inserted) }
        return builtin ? .builtin : .alreadyLive
    }

    private func insert(
        _ module: borrowing KernelModule, parameters: String, softFailures: ((ModuleError) -> Void)?
    ) throws(ModuleError) -> [String] {
        let requested = module.name
        var inserted: [String] = []
        for step in try insertionPlan(of: module) {
            do {
                let extra = step.name == requested ? parameters : ""
                if try insertOne(step.name, parameters: extra) { inserted.append(step.name) }
            } catch {
                if step.required { throw error }
                softFailures?(error)
            }
        }
        return inserted
    }

    /// Whether the module was inserted; false when it was there already.
    private func insertOne(_ name: String, parameters: String) throws(ModuleError) -> Bool {
        var handle: OpaquePointer?
        let found = kmod_module_new_from_name(self.handle, name, &handle)
        guard found == 0, let handle else { throw failure(.lookUp, name, Errno(rawValue: -found)) }
        let module = KernelModule(adopting: handle)
        if module.state.isReady { return false }

        let options = [module.options, parameters].filter { !$0.isEmpty }.joined(separator: " ")
        let kernelLog = KernelLog()
        // modprobe --ignore-install NAME OPTIONS
        let result = module.insert(options: options)
        if result == 0 { return true }
        let errno = Errno(rawValue: -result)
        // EEXIST is also kvm's answer to a second vendor module, which is a failure.
        if errno == .fileExists, module.state.isReady { return false }
        throw failure(.insert, name, errno, kernel: kernelLog.newLines())
    }

    private func isBlacklisted(_ module: borrowing KernelModule) -> Bool {
        let name = module.name
        guard let iterator = kmod_config_get_blacklists(handle) else { return false }
        defer { kmod_config_iter_free_iter(iterator) }
        while kmod_config_iter_next(iterator) {
            if kmod_config_iter_get_key(iterator).map({ String(cString: $0) }) == name { return true }
        }
        return false
    }

    private func normalized(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
}

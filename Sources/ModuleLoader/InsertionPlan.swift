import CKmod
import SystemPackage

/// One module to insert.
struct PlannedInsertion: Equatable {
    var name: String
    /// Whether the requested module depends on it; false for a soft dependency.
    var required: Bool
}

extension ModuleContext {
    /// The modules that `insert` would consider, in order, including those that are in the kernel already.
    func insertionOrder(of name: String) throws(ModuleError) -> [String] {
        var plan: [PlannedInsertion] = []
        try lookUp(name).forEach { (module) throws(ModuleError) in plan += try insertionPlan(of: module) }
        return plan.map(\.name)
    }

    /// The order of kmod_module_probe_insert_module: for each hard dependency and then the module itself,
    /// its `pre` soft dependencies, the module, its `post` soft dependencies. The first mention of a module counts.
    func insertionPlan(of module: borrowing KernelModule) throws(ModuleError) -> [PlannedInsertion] {
        var mentions: [PlannedInsertion] = []
        var visited: Set<String> = []
        guard append(module, required: true, to: &mentions, visited: &visited) else {
            throw ModuleError(.lookUp, module.name, errno: .noMemory, kind: .outOfMemory)
        }
        let required = Set(mentions.filter(\.required).map(\.name))
        var seen: Set<String> = []
        return mentions.filter { seen.insert($0.name).inserted }
            .map { PlannedInsertion(name: $0.name, required: required.contains($0.name)) }
    }

    /// False when libkmod ran out of memory. Soft dependencies can form cycles, so each module's own are followed once;
    /// a hard dependency is mentioned wherever it is needed, so that it precedes every module that needs it.
    private func append(
        _ module: borrowing KernelModule, required: Bool, to mentions: inout [PlannedInsertion], visited: inout Set<String>
    ) -> Bool {
        guard visited.insert(module.name).inserted else { return true }
        var complete = true
        module.dependencies.forEach { complete = appendAlone($0, required: required, to: &mentions, visited: &visited) && complete }
        return appendAlone(module, required: required, to: &mentions, visited: &visited) && complete
    }

    private func appendAlone(
        _ module: borrowing KernelModule, required: Bool, to mentions: inout [PlannedInsertion], visited: inout Set<String>
    ) -> Bool {
        let mention = PlannedInsertion(name: module.name, required: required)
        var complete = true
        let known = module.softDependencies { before, after in
            before.forEach { complete = append($0, required: false, to: &mentions, visited: &visited) && complete }
            mentions.append(mention)
            after.forEach { complete = append($0, required: false, to: &mentions, visited: &visited) && complete }
        }
        return known && complete
    }
}

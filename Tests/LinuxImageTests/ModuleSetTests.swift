import Testing

@testable import Booter
@testable import LinuxImage

@Suite struct ModuleSetTests {
    @Test func theImageHasWhatBootLoads() {
        let missing = Set(ModuleTable.names).subtracting(ModuleSet.root)
        #expect(missing.isEmpty, "boot loads modules that the image lacks")
    }

    @Test func theRootHasWhatTheInitrdHas() {
        #expect(Set(ModuleSet.storage).isSubset(of: ModuleSet.root))
    }
}

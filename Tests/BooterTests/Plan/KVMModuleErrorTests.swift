import Diagnostics
import SystemPackage
import Testing

@testable import Booter
@testable import ModuleLoader

/// What a user reads when a module of kvm's cannot be loaded.
struct KVMModuleErrorTests {
    @Test(
        arguments: [
            (
                "kvm_intel", .missingHardware, "load module kvm_intel: the CPU does not offer VT-x, or the firmware disabled it",
                "nested virtualization (VT-x)"
            ),
            (
                "kvm_amd", .missingHardware, "load module kvm_amd: the CPU does not offer SVM, or the firmware disabled it",
                "nested virtualization (SVM)"
            ),
            ("kvm_intel", .conflict, "load module kvm_intel: kvm_amd is already loaded", "remove kvm_amd"),
            ("kvm_amd", .conflict, "load module kvm_amd: kvm_intel is already loaded", "remove kvm_intel"),
            ("tun", .missingHardware, "load module tun: the hardware that it drives", "provide the hardware"),
            ("kvm_amd", .wrongVersion, "load module kvm_amd: not a module for the running kernel", "uname -r"),
        ] as [(String, ModuleErrorKind, String, String)])
    func words(module: String, kind: ModuleErrorKind, cause: String, remedy: String) {
        let error = OperationError(ModuleError(.insert, module, errno: .noSuchAddressOrDevice, kind: kind, messages: ["kernel: no"]))
        #expect(error.description.hasPrefix(cause))
        #expect(error.description.contains("(No such device or address): kernel: no"))
        #expect(error.remedy?.contains(remedy) == true)
        #expect(error.exit == .osError)
    }
}

import Diagnostics
import ModuleLoader
import NetSetup
import SystemPackage

extension OperationError {
    /// The refusal that a failed check amounts to.
    init(_ finding: Finding) {
        self.init(finding.message, "", cause: "", remedy: finding.remedy, exit: finding.exit)
    }

    init(_ error: NetError) {
        self.init(
            error.operation, error.object, cause: error.reason, remedy: error.hint,
            exit: error.errno == .notPermitted ? ExitStatus.noPermission : ExitStatus.osError)
    }

    init(_ error: ModuleError) {
        self.init(
            error.operation.rawValue, error.module ?? "", cause: error.reason, remedy: error.remedy,
            exit: error.errno == .notPermitted ? ExitStatus.noPermission : ExitStatus.osError)
    }
}

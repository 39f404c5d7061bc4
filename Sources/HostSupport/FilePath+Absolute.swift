import Foundation
package import SystemPackage

extension FilePath {
    /// As this process's directory has it: tools are called in other directories.
    package init(absolute path: String) {
        self =
            path.hasPrefix("/") ? FilePath(path) : FilePath(FileManager.default.currentDirectoryPath).appending(FilePath(path).components)
    }
}

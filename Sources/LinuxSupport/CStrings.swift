import Glibc

/// The arrays of pointers, closed by a null pointer, that execve(2) wants.
package enum CStrings {
    package static func with<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

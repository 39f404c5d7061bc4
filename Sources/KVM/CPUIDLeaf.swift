/// What CPUID answers for one function and index.
package struct CPUIDLeaf: Codable, Equatable, Sendable {
    package var function: UInt32
    package var index: UInt32
    package var eax: UInt32
    package var ebx: UInt32
    package var ecx: UInt32
    package var edx: UInt32

    package init(function: UInt32, index: UInt32, eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
        (self.function, self.index) = (function, index)
        (self.eax, self.ebx, self.ecx, self.edx) = (eax, ebx, ecx, edx)
    }
}

import Glibc
import LinuxSupport

/// The owner of several descriptors: an array cannot hold values that cannot be copied.
struct DescriptorSet: ~Copyable {
    private(set) var numbers: [Int32] = []

    init() {}

    mutating func add(_ descriptor: consuming OwnedDescriptor) { numbers.append(descriptor.take()) }

    /// Gives them all away.
    consuming func take() -> [Int32] {
        let taken = numbers
        numbers = []
        return taken
    }

    deinit { for number in numbers { close(number) } }
}

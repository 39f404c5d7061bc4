import CKmod

/// The owner of the buffer that libkmod's log callback fills.
struct ModuleLog: ~Copyable {
    let buffer: UnsafeMutablePointer<mv_kmod_log>

    init() {
        buffer = .allocate(capacity: 1)
        buffer.initialize(to: mv_kmod_log())
    }

    /// The messages since the last call.
    func take() -> [String] {
        let raw = UnsafeRawBufferPointer(start: mv_kmod_log_text(buffer), count: buffer.pointee.used)
        let text = String(decoding: raw, as: UTF8.self)
        buffer.pointee.used = 0
        return text.split(separator: "\n").map { String($0) }
    }

    deinit { buffer.deallocate() }
}

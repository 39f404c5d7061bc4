import Glibc
import LinuxSupport
import SystemPackage

/// The power buttons of this machine, which a cloud's "stop" presses too: the kernel's evdev devices of ACPI's button driver.
///
/// Another program that listens to them, such as systemd-logind or acpid, hears them as well.
struct PowerButtons: ~Copyable {
    private final class Device {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    private var devices: [Device]
    /// struct input_event of linux/input.h on 64-bit machines: a time of 16 bytes, type, code, value.
    private static let eventSize = 24
    /// EV_KEY and KEY_POWER of linux/input-event-codes.h.
    private static let (key, power): (UInt16, UInt16) = (1, 116)

    /// Those that are there and may be opened; none in most containers.
    init() {
        let root = FileRoot.live
        devices = Self.names(root).compactMap { name in
            do {
                return Device(try OwnedDescriptor(opening: FilePath("/dev/input/" + name), .readOnly, options: .nonBlocking))
            } catch {
                return nil
            }
        }
    }

    /// The names below /dev/input.
    static func names(_ root: FileRoot) -> [String] {
        root.list("/sys/class/input").filter { name in
            name.hasPrefix("event") && root.line("/sys/class/input/\(name)/device/name") == "Power Button"
        }
    }

    /// For poll(2).
    var descriptors: [Int32] { devices.map { $0.descriptor.rawValue } }

    /// Whether one was pressed.
    mutating func arePressed(_ ready: [Int32]) -> Bool {
        var isPressed = false
        devices.removeAll { device in
            guard ready.contains(device.descriptor.rawValue) else { return false }
            var buffer = [UInt8](repeating: 0, count: 64 * Self.eventSize)
            let count = read(device.descriptor.rawValue, &buffer, buffer.count)
            if count > 0 { isPressed = isPressed || Self.isPress(buffer[..<count]) }
            // A device that is gone would be ready for ever.
            return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
        }
        return isPressed
    }

    /// Whether the button goes down in one of these events.
    static func isPress(_ events: some Collection<UInt8>) -> Bool {
        let bytes = Array(events)
        return stride(from: 0, to: bytes.count - bytes.count % eventSize, by: eventSize).contains { start in
            let type = UInt16(bytes[start + 16]) | UInt16(bytes[start + 17]) << 8
            let code = UInt16(bytes[start + 18]) | UInt16(bytes[start + 19]) << 8
            return type == key && code == power && bytes[start + 20] == 1
        }
    }
}

import NetSetup
import NetworkValues
import SystemPackage
import Testing

/// What people read when it fails.
struct NetErrorTests {
    @Test(arguments: [
        (
            NetError("create tap", "tap0", .errno(.notPermitted, call: "TUNSETIFF")),
            "create tap tap0: TUNSETIFF: Operation not permitted (run as root, or with CAP_NET_ADMIN)"
        ),
        (NetError("find interface", "eth9", .kernel(.operationNotSupportedByDevice, message: nil)), "find interface eth9: No such device"),
        (NetError("add rule", "input", .kernel(.invalidArgument, message: "words")), "add rule input: Invalid argument: words"),
        (NetError("build netlink message", "", .libnl(-5)), "build netlink message: libnl: Out of memory"),
        (NetError("plan firewall", "t", .invalid("no"), remedy: "yes"), "plan firewall t: no (yes)"),
    ]) func description(_ error: NetError, _ text: String) { #expect(error.description == text) }

    @Test func libnlCodesAreNoErrorNumbers() {
        #expect(NetError("a", "b", .libnl(-1)).errno == nil)
        #expect(NetError("a", "b", .errno(.fileExists, call: nil)).errno == .fileExists)
    }

    @Test func aMissingTunDeviceSaysWhatToDo() throws {
        let error = #expect(throws: NetError.self) { _ = try Tap.open(name: .tap0, device: "/nonexistent/tun") }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.description.contains("load the module tun") == true)
    }

    @Test func whatIsNoTunDeviceIsRefused() throws {
        let error = #expect(throws: NetError.self) { _ = try Tap.open(name: .tap0, device: "/dev/null") }
        #expect(error?.description == "create tap tap0: TUNSETIFF: Inappropriate ioctl for device")
    }

    @Test(arguments: [0, -1, 257]) func queuesHaveLimits(_ queues: Int) throws {
        let error = #expect(throws: NetError.self) { _ = try Tap.open(name: .tap0, queues: queues) }
        #expect(error?.description.contains("\(queues) queues") == true)
    }
}

import Foundation
import QMP
import Testing

@testable import Booter

struct PressureTests {
    private static let text = """
        some avg10=23.45 avg60=1.00 avg300=0.00 total=123
        full avg10=5.06 avg60=0.00 avg300=0.00 total=45

        """

    @Test func theKernelsFigures() throws {
        #expect(Pressure(parsing: Self.text).map { [$0.some, $0.full] } == [2345, 506])
        let machine = try ScratchMachine(["/proc/pressure/memory": Self.text])
        #expect(Pressure(machine.root, "/proc/pressure/memory")?.some == 2345)
        #expect(Pressure(machine.root, "/proc/pressure/cpu") == nil)
    }

    @Test(arguments: [
        "", "some", "some avg10=", "some avg10=a.bc", "some avg10=1", "some avg10=101.00", "some avg10=-1.00", "full avg10=0.00",
    ])
    func whatIsNoFigure(text: String) {
        #expect(Pressure(parsing: text) == nil)
    }

    @Test func aKernelWithoutIt() {
        let pressure = MemoryPressure("/proc/pressure/no-such-thing")
        let (number, problem, json) = (pressure.rawValue, pressure.problem, pressure.json)
        #expect(number == nil && problem == "this kernel has no /proc/pressure/no-such-thing")
        #expect(json == .null)
    }

    /// The cgroup whose limit binds has its own figures.
    @Test func theCgroupThatIsFull() throws {
        let membership = CgroupMembership.parse("0::/a\n")
        let mounts = MountInfo.parse("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        let limited = try ScratchMachine(["/sys/fs/cgroup/a/memory.max": "1000000\n", "/sys/fs/cgroup/a/memory.pressure": Self.text])
        #expect(
            CgroupReader(root: limited.root).facts(memberships: membership, mounts: mounts).pressure == "/sys/fs/cgroup/a/memory.pressure")
        let free = try ScratchMachine(["/sys/fs/cgroup/a/memory.max": "max\n", "/sys/fs/cgroup/a/memory.pressure": Self.text])
        #expect(CgroupReader(root: free.root).facts(memberships: membership, mounts: mounts).pressure == nil)
    }
}

import Foundation
import Testing

extension InPrivateNetwork {
    /// Where the threads of a supervised guest run, as the kernel shows it.
    @Suite(.enabled(if: SupervisedGuest.qemu != nil, "needs qemu-system-x86_64"))
    struct Pinning {
        private struct VCPU: Decodable {
            var index: Int
            var thread: Int32
            enum CodingKeys: String, CodingKey { case index = "cpu-index", thread = "thread-id" }
        }

        /// The CPUs of each thread, by thread.
        private static func allowed(_ process: Int32) throws -> [Int32: String] {
            let text = try Shell.must("grep -H Cpus_allowed_list /proc/\(process)/task/*/status")
            var result: [Int32: String] = [:]
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "/")
                guard parts.count > 4, let thread = Int32(parts[3]), let list = line.split(separator: "\t").last else { continue }
                result[thread] = String(list)
            }
            return result
        }

        private static func check(_ guest: borrowing SupervisedGuest, vcpus: [String], others: String) throws {
            let answer = try guest.boot("qmp query-cpus-fast").output
            let threads = try JSONDecoder().decode([VCPU].self, from: Data(answer.utf8)).sorted { $0.index < $1.index }.map(\.thread)
            let process = try #require(try guest.status().qemu?.pid)
            let allowed = try Self.allowed(process)
            #expect(threads.map { allowed[$0] } == vcpus)
            #expect(allowed.filter { !threads.contains($0.key) }.allSatisfy { $0.value == others }, "\(allowed)")
        }

        @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount >= 2, "needs two CPUs")) func aCoreForEach() throws {
            let guest = try SupervisedGuest.make(.powersOff)
            let cpus = try Shell.must("grep -h Cpus_allowed_list /proc/self/status | cut -f 2").trimmingCharacters(
                in: .whitespacesAndNewlines)
            try #require(cpus.hasPrefix("0-"), "this process may not use all CPUs: \(cpus)")
            // The plan is the pure part, and has tests of its own.
            let plan = try guest.world.boot("plan \(guest.flags) --set guest.supervise=true --set guest.pin_vcpus=true").output
            let line = try #require(plan.split(separator: "\n").first { $0.contains("vCPU pinning") })
            let running = try guest.running("--set guest.pin_vcpus=true")
            try running.expect("the vCPUs are pinned to CPUs ")
            let pinned = try #require(
                running.text.split(separator: "\n").last { $0.contains("the vCPUs are pinned") }?.split(separator: " ").last.map(
                    String.init))
            #expect(line.contains(pinned), "\(line)")
            let others = try #require(Self.allowed(running.pid)[running.pid])
            #expect(others.split(separator: ",").allSatisfy { $0 != pinned })
            try Self.check(guest, vcpus: [pinned], others: others)
            // The QEMU that follows a crash as well.
            kill(try #require(try guest.status().qemu?.pid), SIGKILL)
            _ = try guest.wait(for: "running", starts: 2)
            try running.expect("the vCPUs are pinned to CPUs ", times: 2)
            try Self.check(guest, vcpus: [pinned], others: others)
            // Once the guest is there again.
            try running.expect("the guest runs", times: 3, within: 60)
            kill(running.pid, SIGTERM)
            #expect(running.status(within: 60) == 0, "\(running.text)")
        }
    }
}

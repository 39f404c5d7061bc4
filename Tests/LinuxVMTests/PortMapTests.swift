import Diagnostics
import Foundation
import HostSupport
import Testing

@testable import LinuxVM

@Suite struct PortMapTests {
    @Test(arguments: ["", ":", "1", "1:", ":1", "1:2:3", "a:1", "1:0", "65536:1", "1:65536", "-1:1", "+1:1", " 1:1", "1: 1", "\u{0661}:1"])
    func noForwards(text: String) { #expect(PortMap.Forward(text) == nil) }

    @Test func forwards() {
        #expect(PortMap.Forward("2222:10022") == .init(here: 2222, there: 10022))
        #expect(PortMap.Forward("0:65535") == .init(here: 0, there: 65535))
    }

    @Test func theUsualPortsWhereTheyAreFree() throws {
        let map = try PortMap.choose([]) { $0 == 0 ? 40000 : $0 }
        #expect(map.forwards == [.init(here: 5900, there: 5900), .init(here: 10022, there: 10022), .init(here: 15900, there: 15900)])
        let other = try PortMap.choose([]) { $0 == 0 ? 40000 : $0 == 5900 ? nil : $0 }
        #expect(other.here(5900) == 40000 && other.here(10022) == 10022 && other.here(1) == nil)
    }

    @Test func whatTheUserAsksForComesFirst() throws {
        let map = try PortMap.choose([.init(here: 2222, there: 10022), .init(here: 10022, there: 22)]) { $0 == 0 ? 40000 : $0 }
        #expect(map.here(10022) == 2222 && map.here(22) == 10022 && map.forwards.count == 4)
    }

    /// A port that was free a moment ago is drawn again, or is what another forward asks for by number.
    @Test func noPortTwice() throws {
        var draws: [UInt16] = [40000, 40000, 40001, 40002, 40002, 40003, 40003, 10022, 40004]
        let map = try PortMap.choose([.init(here: 0, there: 1), .init(here: 0, there: 2), .init(here: 40001, there: 3)]) {
            $0 == 0 ? draws.removeFirst() : $0 == 5900 || $0 == 15900 ? nil : $0
        }
        #expect(map.forwards.map(\.here) == [40000, 40002, 40001, 40004, 10022, 40003])
        #expect(Set(map.forwards.map(\.here)).count == map.forwards.count)
        let exhausted = #expect(throws: OperationError.self) {
            try PortMap.choose([.init(here: 0, there: 1), .init(here: 0, there: 2)]) { $0 == 0 ? 1 : $0 }
        }
        #expect(exhausted?.exit == .tempFail)
    }

    @Test func refusals() {
        let twice = #expect(throws: OperationError.self) {
            try PortMap.choose([.init(here: 1, there: 10022), .init(here: 2, there: 10022)]) { $0 }
        }
        #expect(twice?.exit == .usage)
        #expect(throws: OperationError.self) { try PortMap.choose([.init(here: 1, there: 1), .init(here: 1, there: 2)]) { $0 } }
        let taken = #expect(throws: OperationError.self) { try PortMap.choose([.init(here: 80, there: 1)]) { $0 == 80 ? nil : $0 } }
        #expect(taken?.exit == .tempFail && taken?.object == "127.0.0.1:80" && taken?.remedy?.contains("HERE:1") == true)
    }

    /// A port that another program listens at is nobody else's; python3 is the other program.
    @Test func aRealPort() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import socket,sys; s=socket.create_server(('127.0.0.1',0)); print(s.getsockname()[1],flush=True); sys.stdin.read()",
        ]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(PortMap.free(port) == nil)
        let any = try #require(PortMap.free(0))
        #expect(any > 0 && PortMap.free(any) == any)
    }
}

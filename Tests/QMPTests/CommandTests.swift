import Testing

@testable import QMP

struct CommandTests {
    private func line<Answer>(_ command: Command<Answer>) -> String { String(command.line(id: nil).dropLast()) }

    @Test func lines() {
        #expect(
            line(.stop) == #"{"execute":"stop"}"# && line(.cont) == #"{"execute":"cont"}"# && line(.reset) == #"{"execute":"system_reset"}"#
        )
        #expect(
            line(.sendKey(["ctrl", "alt"], hold: 5))
                == #"{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"ctrl"},{"type":"qcode","data":"alt"}],"hold-time":5}}"#
        )
        #expect(
            line(.send([.key("a", isDown: true), .pointer(x: 1, y: 2), .button("left", isDown: false)]))
                == #"{"execute":"input-send-event","arguments":{"events":["#
                + #"{"type":"key","data":{"down":true,"key":{"type":"qcode","data":"a"}}},"#
                + #"{"type":"abs","data":{"axis":"x","value":1}},{"type":"abs","data":{"axis":"y","value":2}},"#
                + #"{"type":"btn","data":{"down":false,"button":"left"}}]}}"#)
        #expect(line(.screendump(to: "/a\"b")) == #"{"execute":"screendump","arguments":{"filename":"/a\"b","format":"png"}}"#)
        #expect(
            line(.addDevice("usb-storage", id: "a", [.init("drive", .string("b"))]))
                == #"{"execute":"device_add","arguments":{"driver":"usb-storage","id":"a","drive":"b"}}"#)
        #expect(
            line(.expireVNCPassword(after: 5)) == #"{"execute":"expire_password","arguments":{"protocol":"vnc","time":"+5"}}"#
                && line(.expireVNCPassword(after: nil)).contains(#""time":"never""#))
        #expect(line(Command<JSONValue>("x", [.init("y", .null)])) == #"{"execute":"x","arguments":{"y":null}}"#)
    }

    @Test func answers() throws {
        #expect(
            try Command.queryStatus.answer(JSONText(#"{"status": "io-error", "singlestep": false, "running": false}"#))
                == MachineStatus(state: "io-error", isRunning: false))
        #expect(
            try Command.queryBlock.answer(
                JSONText(
                    #"[{"io-status": "ok", "device": "d", "locked": false, "qdev": "disk", "inserted": {"ro": true, "file": "/x", "x": {}}}, {"device": "cd"}]"#
                ))
                == [
                    BlockDevice(name: "d", device: "disk", file: "/x", isReadOnly: true, status: "ok"),
                    BlockDevice(name: "cd", isReadOnly: false),
                ])
        #expect(
            try Command.queryPassedDescriptors.answer(
                JSONText(#"[{"fds": [{"fd": 20, "opaque": "/x"}, {"fd": 21}], "fdset-id": 3}, {"fds": [], "fdset-id": 4}]"#))
                == [PassedDescriptors(number: 3, notes: ["/x"]), PassedDescriptors(number: 4, notes: [])])
        #expect(
            try Command.queryBlockNodes.answer(JSONText(#"[{"node-name": "n", "file": "/x", "image": {"filename": "y"}}, {"drv": "raw"}]"#))
                == [BlockNode(name: "n", file: "/x"), BlockNode(name: "")])
        #expect(try Command.addDescriptor(note: "x").answer(JSONText(#"{"fd": 3, "fdset-id": 0}"#)) == 0)
        #expect(
            try Command.queryBlockStatistics.answer(
                JSONText(
                    #"[{"device": "d", "stats": {"rd_bytes": 1, "wr_bytes": 2, "rd_operations": 3, "wr_operations": 4, "flush_operations": 5, "failed_wr_operations": 6, "failed_rd_operations": 1}}]"#
                ))
                == [BlockStatistics(name: "d", bytesRead: 1, bytesWritten: 2, reads: 3, writes: 4, flushes: 5, failures: 7)])
        #expect(
            try Command.queryCPUs.answer(JSONText(#"[{"thread-id": 77, "props": {}, "cpu-index": 0}]"#)) == [
                VirtualCPU(index: 0, thread: 77)
            ])
        #expect(
            try Command.queryMachines.answer(JSONText(#"[{"name": "pc-q35-7.2", "alias": "q35"}, {"name": "x"}]"#)) == [
                "pc-q35-7.2", "q35", "x",
            ])
        #expect(
            try Command.queryOptions.answer(JSONText(#"[{"option": "a", "parameters": [{"name": "b", "type": "string"}]}]"#)) == [
                "a": ["b"]
            ])
        #expect(try Command.quit.answer(JSONText("{}")) == ())
    }

    @Test(arguments: ["", "[]", "{}", #"{"status": 1, "running": true}"#, #"{"status": "x", "running": true} 1"#, #"{"status": "x""#])
    func answersOfAnotherForm(text: String) {
        #expect(throws: ProtocolError.misshapen(command: "query-status")) { try Command.queryStatus.answer(JSONText(text)) }
    }
}

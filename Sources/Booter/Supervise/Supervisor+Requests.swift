import Lifecycle
import LinuxSupport
import QMP

/// What clients of the socket and of the page ask for.
extension Supervisor {
    mutating func serve(_ ready: [Int32], _ socket: inout SupervisorSocket, hasRoom: Bool) {
        let received = socket.receive(ready, hasRoom: hasRoom)
        if !received.typed.isEmpty { keys.append(received.typed) }
        for (request, client) in received.requests {
            switch request {
            case .status, .metrics: waiting.append(.client(client, request))
            case .stop:
                log.add("asked to stop")
                socket.keep(client)
                requested.append(.stopRequest)
            case .hurry:
                socket.keep(client)
                log.add("asked to stop at once")
                requested.append(.hurry)
            case .log: socket.answer(output.recent.contents, to: client)
            case .follow:
                socket.answer(output.recent.contents, to: client, stays: true)
                socket.follow(client)
            case .console:
                guard supervision.hasConsole else {
                    socket.answer(Array("no the guest's serial port is not connected to boot: set qemu.serial to stdio\n".utf8), to: client)
                    continue
                }
                let window = output.recent.contents
                socket.answer(Array("ok \(window.count)\n".utf8) + window, to: client, stays: true)
                socket.follow(client, types: true)
            }
        }
    }

    /// Answers those who wait for figures as soon as there are some, or QEMU has taken too long.
    mutating func answer(_ socket: inout SupervisorSocket, _ applier: inout Applier) {
        guard !waiting.isEmpty else { return }
        if disks.areOld(), monitor != nil, let asked = qemu?.link.ask(Command.queryBlockStatistics) {
            disks.wait(for: asked.number)
            note(asked.heard, &applier)
        }
        if let deadline = disks.deadline, deadline > .now, monitor != nil { return }
        disks.giveUp()
        let status = status
        for asker in waiting {
            switch asker {
            case .client(let client, let request):
                let text = request == .metrics ? StatusMetrics(status).text : status.json.text + "\n"
                socket.answer(Array(text.utf8), to: client)
            case .web(let connection, let page): web?.answer(StatusPages.page(page, status), to: connection)
            }
        }
        waiting = []
    }

    mutating func noteWeb() {
        for notice in web?.takeNotices() ?? [] { log.add(notice) }
    }

    mutating func serveWeb(_ ready: [Int32], _ applier: inout Applier) {
        let demands = web?.turn(ready) ?? []
        noteWeb()
        for demand in demands {
            switch demand {
            case .page(let path, let connection): waiting.append(.web(connection, path))
            case .power(let connection):
                guard monitor != nil else {
                    web?.answer(HTTPResponse(.unavailable), to: connection)
                    continue
                }
                log.add("asked by the browser view to press the guest's power button")
                order(.powerdown, &applier)
                web?.answer(HTTPResponse(.ok, "pressed\n"), to: connection)
            case .picture(let connection):
                if web?.join(connection) == true { continue }
                guard monitor != nil, let path = picture, let asked = qemu?.link.ask(.screendump(to: path)) else {
                    web?.answer(HTTPResponse(.unavailable), to: connection)
                    continue
                }
                web?.wait(for: asked.number, connection)
                note(asked.heard, &applier)
            }
        }
    }

    private var picture: String? {
        switch web {
        case .some(let web): web.picture
        case .none: nil
        }
    }

    var watchedWeb: [(descriptor: Int32, events: Int16)] {
        switch web {
        case .some(let web): web.watched
        case .none: []
        }
    }

    var webDeadline: ContinuousClock.Instant? {
        switch web {
        case .some(let web): web.deadline
        case .none: nil
        }
    }

    var status: StatusReport {
        let now = ContinuousClock.now
        let identifier: Int32? =
            switch qemu {
            case .some(let qemu): qemu.identifier
            case .none: nil
            }
        return StatusReport(
            phase: life.phase, phaseSeconds: Int((now - phaseSince).components.seconds),
            uptimeSeconds: Int((now - began).components.seconds), isStopRequested: life.isStopRequested, starts: life.starts,
            failuresInARow: life.failures, qemu: identifier.map { ProcessFigures($0) }, guest: guest, lease: readiness.lease,
            missing: readiness.readiness.missing, readySinceSeconds: Int((now - readiness.since).components.seconds),
            readyPort: Int(supervision.readyPort), disks: disks.disks, network: LinkStatistics.read(supervision.tap), events: log.json,
            pressure: pressure.json, lastStop: lastStop?.json ?? .null)
    }
}

import Diagnostics
import Glibc
import HostSupport
import SystemPackage

extension Downloader {
    /// Over several connections. Each piece is checked when it is there, and only what is wrong is fetched again.
    func fetchPieces(_ download: Download, _ list: PieceList, to path: FilePath, _ progress: StepProgress) async throws(OperationError) {
        try PartialFile(path, at: 0).setSize(list.size)
        let missing = try await PieceCheck.differing(list, in: path, skipsHoles: true)
        let rate = TransferRate(total: list.size, done: list.size - missing.map { list.pieces[$0].size }.reduce(0, +))
        let queue = PieceQueue(list, missing, connections: connections)
        let failure = await withTaskGroup(of: OperationError?.self) { group in
            for number in 0..<min(connections, missing.count) {
                group.addTask { await work(on: queue, download, path, number, rate, progress) }
            }
            var first: OperationError?
            for await failure in group where failure != nil && first == nil {
                first = failure
                group.cancelAll()
            }
            return first
        }
        if Task.isCancelled { throw Interruption.failure }
        if queue.rangesAreIgnored { return try await fetchWhole(download, list, to: path, progress) }
        if let failure { throw failure }
        // A server that sends more than a request asked for writes over what another connection brought.
        if let bad = try await PieceCheck.differing(list, in: path).first { throw Self.wrongPiece(list.pieces[bad], download.url) }
    }

    /// One of the connections, until nothing is left to do. Returns why it gave up.
    private func work(
        on queue: PieceQueue, _ download: Download, _ path: FilePath, _ number: Int, _ rate: TransferRate, _ progress: StepProgress
    ) async -> OperationError? {
        var patience = Patience(connection)
        do throws(OperationError) {
            while let run = queue.next() {
                let (start, end) = (queue.list.pieces[run.lowerBound].offset, queue.list.pieces[run.upperBound - 1].end)
                let file = try PartialFile(path, at: start)
                var problem = try await watched(download, start..<end, file.descriptor, path, at: start) { bytes in
                    rate.set(bytes, of: number)
                    progress.note(rate.text())
                }
                let (good, bad) = queue.finish(run, upTo: file.position, of: file.descriptor)
                rate.finish(number, good)
                if let bad { throw Self.wrongPiece(queue.list.pieces[bad], download.url) }
                if problem == nil, file.position < end {
                    problem = .transient("the server sent \(file.position - start) of \(end - start) bytes")
                }
                guard let problem else { continue }
                // The whole file, which may come without a length.
                if problem == .rangesIgnored || problem == .tooLong { queue.noteRangesAreIgnored() }
                guard case .transient = problem, let pause = patience.next(progressed: good > 0) else { throw problem.error(download.url) }
                try await Self.sleep(pause)
            }
            return nil
        } catch {
            return error
        }
    }

    /// For a server that sends whole files only.
    private func fetchWhole(_ download: Download, _ list: PieceList, to path: FilePath, _ progress: StepProgress)
        async throws(OperationError)
    {
        try PartialFile(path, at: 0).setSize(0)
        try await fetchInOrder(download, to: path, progress)
        let bad = try await PieceCheck.differing(list, in: path)
        if let index = bad.first { throw Self.wrongPiece(list.pieces[index], download.url) }
    }

    private static func wrongPiece(_ piece: PieceList.Piece, _ url: String) -> OperationError {
        OperationError(
            "check", url.printable, cause: "the SHA-256 of bytes \(piece.offset) to \(piece.end - 1) is not the announced one",
            remedy: "try again; if it happens again, find out who changed the file, on the server or on the way", exit: .dataError)
    }
}

package import Diagnostics
package import Downloads
package import Foundation
package import HostSupport
package import SystemPackage

/// Fetches the image of Internet Recovery: as a Mac without a system does, with a session and tokens that expire.
package struct RecoveryClient: Sendable {
    package var servers: AppleServers
    package var downloader: Downloader
    package var store: ContentStore
    package var anchors: TrustAnchors

    package init(_ servers: AppleServers, _ downloader: Downloader, _ store: ContentStore, _ anchors: TrustAnchors) {
        (self.servers, self.downloader, self.store, self.anchors) = (servers, downloader, store, anchors)
    }

    package struct Image: Equatable, Sendable {
        package let board: RecoveryBoard
        package let reply: RecoveryReply
        /// BaseSystem.dmg, whose pieces were checked.
        package let image: FilePath
        /// BaseSystem.chunklist as it was received.
        package let chunklistData: Data
        package let chunklist: Chunklist
    }

    /// How often a session is opened. Tokens are valid for some hours; a large image over a slow line can take longer.
    private static let sessions = 4

    /// - Throws: `unavailable`; `dataError` for an image or chunklist that is not Apple's; `cantCreate`, `interrupted`.
    package func fetch(_ board: RecoveryBoard, progress: StepProgress) async throws(OperationError) -> Image {
        var failure = OperationError("ask", "Apple's recovery server", cause: "it gave no session", exit: .unavailable)
        for _ in 0..<Self.sessions {
            let reply = try await ask(board)
            do {
                return try await fetch(reply, board, progress)
            } catch  where TransferProblem.isRefusal(error) {
                // A token has expired: what has arrived is kept, and another session goes on.
                failure = error
            }
        }
        throw failure
    }

    private func fetch(_ reply: RecoveryReply, _ board: RecoveryBoard, _ progress: StepProgress) async throws(OperationError) -> Image {
        let data = try await downloader.data(
            try servers.url(reply.chunklistURL), limit: Chunklist.limit, cookie: "AssetToken=\(reply.chunklistToken)")
        let list = try Chunklist(data, name: "the chunklist of \(reply.product)", keys: anchors.chunklistKeys, required: .signature)
        let download = Download(
            name: "BaseSystem.dmg", url: try servers.url(reply.imageURL), size: list.pieces.size, content: .pieces(list.pieces),
            cookie: "AssetToken=\(reply.imageToken)")
        let image = try await store.obtain(download, by: downloader, progress: progress)
        return Image(board: board, reply: reply, image: image, chunklistData: data, chunklist: list)
    }

    private static let agent = "User-Agent: InternetRecovery/1.0"

    private func ask(_ board: RecoveryBoard) async throws(OperationError) -> RecoveryReply {
        let root = try servers.url(AppleServers.recovery)
        let greeting = try await downloader.ask(root, headers: [Self.agent])
        let cookie = greeting.headers.filter { $0.name == "set-cookie" }.map(\.value).first { $0.hasPrefix("session=") }
        guard let session = cookie?.split(separator: ";").first else {
            throw OperationError(
                "ask", root, cause: "it opened no session", remedy: "look at what a proxy of this network answers in its place",
                exit: .unavailable)
        }
        let answer = try await downloader.ask(
            root + "InstallationPayload/RecoveryImage", headers: [Self.agent, "Cookie: \(session)", "Content-Type: text/plain"],
            body: Self.question(board, random: Self.random))
        return try RecoveryReply(answer.body)
    }

    /// - Parameter random: that many hexadecimal digits.
    static func question(_ board: RecoveryBoard, random: (Int) -> String) -> String {
        [
            "cid=\(random(16))", "sn=\(board.serial)", "bid=\(board.board)", "k=\(random(64))", "fg=\(random(64))",
            "os=\(board.system.rawValue)",
        ].joined(separator: "\n")
    }

    private static func random(_ count: Int) -> String { String((0..<count).compactMap { _ in "0123456789ABCDEF".randomElement() }) }
}

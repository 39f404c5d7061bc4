package import Diagnostics

/// What Apple's recovery server answers: where an image and its chunklist are, and the tokens that open them.
package struct RecoveryReply: Equatable, Sendable {
    package let product: String
    package let imageURL, imageToken: String
    package let chunklistURL, chunklistToken: String

    /// Lines of a key, a colon and a value.
    /// - Throws: `unavailable` when one of them is absent.
    package init(_ text: String) throws(OperationError) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = parts[1].split(separator: " ").joined(separator: " ") }
        }
        let absent = ["AP", "AU", "AH", "AT", "CU", "CH", "CT"].filter { values[$0, default: ""].isEmpty }
        guard let product = values["AP"], let imageURL = values["AU"], let imageToken = values["AT"], let chunklistURL = values["CU"],
            let chunklistToken = values["CT"], absent.isEmpty
        else {
            throw OperationError(
                "ask", "Apple's recovery server", cause: "its answer lacks \(absent.joined(separator: ", "))", remedy: "try again later",
                exit: .unavailable)
        }
        (self.product, self.imageURL, self.imageToken) = (product, imageURL, imageToken)
        (self.chunklistURL, self.chunklistToken) = (chunklistURL, chunklistToken)
    }
}

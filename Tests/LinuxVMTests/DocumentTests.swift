import ArgumentParser
import TestSupport
import Testing

@testable import MacOSVirt

@Suite(.enabled(if: !Document.all.isEmpty, "the documents are not beside the tests"))
struct DocumentTests {
    @Test(arguments: Document.all) func commandsOfMacOSVirtAreUnderstood(document: Document) {
        for words in document.commands(of: "macos-virt") where !words.isEmpty {
            #expect(throws: Never.self, "macos-virt \(words.joined(separator: " "))") { try MacOSVirt.parseAsRoot(words) }
        }
    }

    @Test func thereAreSome() { #expect(Document.all.flatMap { $0.commands(of: "macos-virt") }.count > 15) }
}

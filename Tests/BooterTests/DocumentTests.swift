import ArgumentParser
import TestSupport
import Testing

@testable import Booter

/// The documents say what is so.
@Suite(.enabled(if: !Document.all.isEmpty, "the documents are not beside the tests"))
struct DocumentTests {
    @Test(arguments: Document.all) func commandsOfBootAreUnderstood(document: Document) {
        for words in document.commands(of: "boot") {
            #expect(throws: Never.self, "boot \(words.joined(separator: " "))") { try Boot.parseAsRoot(words) }
        }
    }

    @Test func thereAreSome() {
        #expect(Document.all.flatMap { $0.commands(of: "boot") }.count > 5)
        #expect(Document.all.flatMap(\.links).count > 20)
        // A mistake is found.
        let document = Document(name: "x.md", lines: ["```", "$ sudo build/boot plan --such 'a b' | less  # why", "```", "[a](b.md#c)"])
        #expect(document.commands(of: "boot") == [["plan", "--such", "a b"]])
        #expect(throws: (any Error).self) { try Boot.parseAsRoot(["plan", "--such", "a b"]) }
        #expect(document.links.map(\.path) == ["b.md"] && !Document.exists("b.md"))
    }

    @Test(arguments: Document.all) func linksLeadSomewhere(document: Document) {
        for link in document.links {
            #expect(Document.exists(link.path), "\(document.name) links to \(link.path)")
            guard let heading = link.heading, let target = Document.all.first(where: { $0.name == link.path }) else { continue }
            #expect(target.headings.contains(heading), "\(document.name) links to \(link.path)#\(heading)")
        }
    }
}

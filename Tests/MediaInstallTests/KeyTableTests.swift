import BootSettings
import Diagnostics
import Testing

@testable import MediaInstall

struct KeyTableTests {
    @Test(arguments: MacOSRelease.allCases) func everyReleaseHasWays(release: MacOSRelease) throws {
        let table = try KeyTable.standard()
        #expect(try table.ways(release: release.rawValue, language: "en").count >= 3)
        if release >= .bigSur {
            for language in ["de", "fr"] { #expect(try !table.ways(release: release.rawValue, language: language).isEmpty) }
        }
    }

    /// The time of an attempt is longer than any way, or the next one would begin in the middle of it.
    @Test func everyWayFitsIntoItsTime() throws {
        for way in try KeyTable.standard().ways {
            let seconds = way.steps.reduce(0.0) { sum, step in
                switch step {
                case .pause(let seconds): sum + seconds
                case .press(_, let times): sum + 0.15 * Double(times)
                case .command: sum + 0.15 * Double(KeyStep.commandLine.count)
                }
            }
            #expect(seconds < InstallationPolicy()[.attempt] - 5, "\(way.name): \(seconds) s")
        }
    }

    @Test func everyKeyboardCanTypeTheCommand() {
        for layout in KeyboardLayout.allCases {
            #expect(KeyStep.commandLine.unicodeScalars.allSatisfy { layout.keys(for: $0) != nil })
        }
        #expect(KeyboardLayout.us.keys(for: "/") == ["slash"])
        #expect(KeyboardLayout.de.keys(for: "/") == ["shift", "7"])
        #expect(KeyboardLayout.fr.keys(for: "m") == ["semicolon"])
        #expect(KeyboardLayout.fr.keys(for: "V") == ["shift", "v"])
    }

    @Test func steps() {
        #expect(KeyStep("ctrl-f2") == .press(["ctrl", "f2"], times: 1))
        #expect(KeyStep("right 4") == .press(["right"], times: 4))
        #expect(KeyStep("pause 2.5") == .pause(2.5))
        #expect(KeyStep("command") == .command)
        for text in ["", "pause", "pause x", "pause 0", "pause 1e9", "right 0", "right x", "right 4 5", "ctrl-", "-", "Ctrl", "command 2"] {
            #expect(KeyStep(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("", "it needs [[way]] and nothing beside it"),
        ("way = 3", "it needs [[way]] and nothing beside it"),
        ("[[way]]\nname = \"a\"", "way 1: it needs the text name and the list keys"),
        ("[[way]]\nname = \"a\"\nkeys = [\"ret\"]", "way 1: command is missing, which starts the script"),
        ("[[way]]\nname = \"a\"\nkeys = [\"rét\"]", "way 1: rét is no key such as ctrl-f2, \"right 4\", \"pause 2\" or command"),
        ("[[way]]\nname = \"a\"\nkeys = [\"command\"]\nlayout = \"xx\"", "way 1: the layout xx is none of us, de, fr"),
        ("[[way]]\nname = \"a\"\nkeys = [\"command\"]\nkey = 1", "way 1: key is none of name, releases, language, layout, keys"),
        ("x = [", ""),
    ]) func aTableThatIsNone(text: String, cause: String) {
        let error = #expect(throws: OperationError.self) { try KeyTable(Array(text.utf8), name: "t") }
        #expect(error?.exit == .config)
        #expect(error?.cause.hasPrefix(cause) == true, "\(error?.cause ?? "")")
    }

    @Test func aLanguageThatNobodyHasAdded() throws {
        let error = #expect(throws: OperationError.self) { try KeyTable.standard().ways(release: "15", language: "xx") }
        #expect(error?.remedy?.contains("de, en, fr") == true)
    }
}

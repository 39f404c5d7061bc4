import Diagnostics

/// Collects the decisions of a plan, with their reasons, and its findings.
struct PlanNotes: Equatable, Sendable {
    private(set) var decisions: [Decision] = []
    private(set) var findings: [Finding] = []

    mutating func decide(_ name: String, _ value: String, because reason: String) {
        decisions.append(Decision(name: name, value: value, reason: reason))
    }
    mutating func pass(_ area: Finding.Area, _ message: String) { findings.append(.pass(area, message)) }
    mutating func warn(_ area: Finding.Area, _ message: String, remedy: String?) {
        findings.append(.warning(area, message, remedy: remedy))
    }
    mutating func refuse(_ area: Finding.Area, _ message: String, remedy: String, exit: ExitStatus = .unavailable) {
        findings.append(.failure(area, message, remedy: remedy, exit: exit))
    }
}

/// A choice that the planner made, with its reason in words.
struct Decision: Codable, Equatable, Sendable {
    var name: String
    var value: String
    var reason: String
}

import NetSetup

enum ConfigurationOrigin: String, Codable, Hashable, Sendable { case a }

import HostSupport

/// What another program reads in a property list: Python's plistlib.
enum PlistOracle {
    /// A line for each key: its path, its type and its value. `[]` stands for any element of a list of sections.
    static func flatten(_ xml: String) async throws -> [String] {
        let script = """
            import plistlib, sys
            names = {bool: "boolean", int: "integer", str: "string", bytes: "data", list: "array", dict: "dict"}
            free = {"NVRAM.Add", "NVRAM.Delete", "NVRAM.LegacySchema", "DeviceProperties.Add", "DeviceProperties.Delete"}
            def walk(section, prefix):
                for key, value in section.items():
                    path = prefix + key
                    if isinstance(value, dict) and path not in free:
                        walk(value, path + ".")
                    elif isinstance(value, list) and value and isinstance(value[0], dict):
                        for element in value: walk(element, path + "[].")
                    else:
                        print(path, names[type(value)], repr(value))
            walk(plistlib.loads(sys.stdin.buffer.read()), "")
            """
        let output = try await Tool("python3", from: "python3").run(["-c", script], input: xml)
        return output.split(separator: "\n").map(String.init)
    }

    /// Path and type alone, each once.
    static func types(_ xml: String) async throws -> Set<String> {
        Set(try await flatten(xml).map { $0.split(separator: " ").prefix(2).joined(separator: " ") })
    }
}

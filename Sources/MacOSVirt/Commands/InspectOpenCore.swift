import ArgumentParser
import HostSupport
import OpenCoreImage
import SystemPackage

struct InspectOpenCore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "inspect", abstract: "Show what is on an OpenCore disk.")

    @Argument(help: "A raw or qcow2 image.") var image: String
    @Flag(help: "Show serial numbers in full.") var showSerials = false

    func run() async throws {
        print(try await ImageInspector.inspect(FilePath(absolute: image)).text(showsSerials: showSerials))
    }
}

import ArgumentParser

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start the guest: this process becomes QEMU.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(BootError) in
            var starter = Starter(try options.load())
            try starter.run()
        }
    }
}

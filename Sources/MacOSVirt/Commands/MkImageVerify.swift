import ArgumentParser
import Diagnostics
import Foundation
import HostSupport
import MediaInstall
import SystemPackage

struct MkImageVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look at an installed disk: partitions, volumes and their roles, version and build of macOS.",
        discussion: "With a manifest of mkimage beside the image, version and build are compared with it.")

    @Argument(help: "A raw disk image, or a disk.") var disk: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let path = FilePath(absolute: disk)
        let report = try ImageReport(path)
        if json { try Media.print(try report.json()) } else { for line in report.lines { try Media.print(line) } }
        if let promised = try ImageManifest.promised(beside: path) { try report.require(promised) } else { try report.requireSystem() }
    }
}

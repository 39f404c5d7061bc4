import BootSettings
import Diagnostics
import DiskImage
import Foundation
import HostSupport
import SystemPackage

/// The user's files for the image: each is copied once, and the copy is checked and used.
///
/// A name can be a link, and its file can change while the image is made; neither gets into the image.
enum GivenFiles {
    /// Bytes of a boot.toml or a file of keys.
    private static let textLimit = 1 << 20

    /// The recipe with copies instead of the user's files.
    /// - Parameter directory: a new one, for the copies.
    /// - Throws: `noInput`, `usage`; `dataError` for files that are not what they should be; what `boot` throws for the configuration;
    ///   `cantCreate`.
    static func copies(of recipe: LinuxRecipe, in directory: FilePath) async throws(OperationError) -> LinuxRecipe {
        var copied = recipe
        try DraftFile.makeDirectory(directory)
        copied.configuration = try configuration(of: recipe, in: directory)
        copied.boot = directory.appending("boot")
        try InputFile.copy(
            recipe.boot, to: copied.boot, mode: 0o755, remedy: "build it with `make static`, or name it with --boot")
        try await checkProgram(copied.boot, named: recipe.boot)
        if let keys = recipe.sshKeys {
            let data = try InputFile.read(keys, limit: textLimit, remedy: keyRemedy)
            try check(keys: data, keys)
            copied.sshKeys = directory.appending("keys")
            try DraftFile.write(data, to: directory.appending("keys"))
        }
        if let opencore = recipe.opencore {
            let copy = directory.appending("opencore.img")
            try check(bootSector: try InputFile.head(opencore, count: 512), opencore)
            try InputFile.copy(opencore, to: copy)
            try await checkOpenCore(copy, named: opencore)
            copied.opencore = copy
        }
        for (number, addition) in recipe.additions.enumerated() {
            try addition.check()
            let copy = directory.appending("addition-\(number)")
            let isExecutable = FileManager.default.isExecutableFile(atPath: addition.source.string)
            try InputFile.copy(addition.source, to: copy, mode: isExecutable ? 0o755 : 0o644)
            copied.additions[number].source = copy
        }
        return copied
    }

    /// The copy of boot.toml, checked as `boot` will check it, together with the words for the kernel: a mistake would show only when
    /// the image starts.
    private static func configuration(of recipe: LinuxRecipe, in directory: FilePath) throws(OperationError) -> FilePath? {
        let data = try recipe.configuration.map { (path) throws(OperationError) in try InputFile.read(path, limit: textLimit) }
        _ = try ConfigurationLoader.merge(
            ConfigurationFile.parse(Array(data ?? Data()), name: recipe.configuration?.string ?? "")
                + KernelCommandLine.assignments(recipe.kernelArguments))
        guard let data else { return nil }
        let copy = directory.appending("boot.toml")
        try DraftFile.write(data, to: copy)
        return copy
    }

    /// A `boot` built for debugging needs libraries that the image lacks.
    private static func checkProgram(_ copy: FilePath, named path: FilePath) async throws(OperationError) {
        let headers = try await Tool("readelf", from: "binutils").run(["--program-headers", "--wide", copy.string], accepted: [0, 1])
        guard headers.contains("LOAD"), !headers.contains("INTERP") else {
            throw OperationError(
                "use", path.string, cause: "it is not a statically linked program", remedy: "build it with `make static`", exit: .dataError)
        }
    }

    /// --opencore: a raw disk image, the format that `boot` gives to QEMU.
    /// - Throws: `dataError` for an empty file, an archive or another image format.
    static func check(bootSector sector: Data, _ file: FilePath) throws(OperationError) {
        // UEFI Specification 2.10, 5.2.1: the signature at the end of an MBR, also of a GPT's protective one, and of a FAT boot sector.
        guard sector.count == 512, sector.suffix(2).elementsEqual([0x55, 0xAA]) else {
            throw OperationError(
                "use", file.string,
                cause: sector.isEmpty ? "it is empty" : "it is not a raw disk image: its first sector has no signature",
                remedy: "make one with `macos-virt mkopencore`, or convert it with qemu-img convert -O raw", exit: .dataError)
        }
    }

    /// - Throws: `dataError` for a disk without OpenCore.
    static func checkOpenCore(_ image: FilePath, named file: FilePath) async throws(OperationError) {
        let path = "EFI/OC/OpenCore.efi"
        let cause: String
        do {
            if try EFIVolume(image, containing: path).exists(path) { return }
            cause = "there is no \(path) on its FAT volume"
        } catch  where error.exit == .dataError {
            cause = error.cause
        }
        throw OperationError(
            "use", file.string, cause: cause, remedy: "make an OpenCore disk with `macos-virt mkopencore`", exit: .dataError)
    }

    /// The key types that dropbear supports.
    private static let keyTypes: Set<Substring> = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
    private static let keyRemedy = "name the file that ends in .pub, or make a pair with ssh-keygen -t ed25519"

    /// --ssh-key: lines in the form of authorized_keys, sshd(8).
    /// - Throws: `dataError` for a private key, which must not be in an image, and for a file without a key.
    static func check(keys data: Data, _ file: FilePath) throws(OperationError) {
        let text = String(decoding: data, as: UTF8.self)
        guard !text.contains("PRIVATE KEY") else {
            throw OperationError("use", file.string, cause: "it is a private key", remedy: keyRemedy, exit: .dataError)
        }
        let hasKey = text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split(separator: " ")
            // Options can precede the type.
            guard !line.hasPrefix("#"), let type = words.firstIndex(where: keyTypes.contains) else { return false }
            return type + 1 < words.count
        }
        guard hasKey else {
            throw OperationError("use", file.string, cause: "it contains no public key", remedy: keyRemedy, exit: .dataError)
        }
    }
}

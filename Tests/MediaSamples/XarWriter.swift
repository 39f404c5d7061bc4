import Crypto
import Foundation

/// Makes xar archives for tests that no other program makes: with a signature, with damaged checksums, with a disk image at the end.
package struct XarWriter {
    package struct File {
        package var name: String
        package var content: [UInt8]
        /// zlib, as xar's "gzip" is.
        package var isCompressed: Bool
        package init(_ name: String, _ content: [UInt8], isCompressed: Bool = false) {
            (self.name, self.content, self.isCompressed) = (name, content, isCompressed)
        }
    }

    package var files: [File]
    /// Certificates in DER and the signature's size; `sign` makes it from the checksum of the table of contents.
    package var certificates: [[UInt8]] = []
    package var signatureSize = 0
    package var sign: ([UInt8]) throws -> [UInt8] = { _ in [] }
    /// Put into the XML instead of the true checksum of the first file.
    package var falseChecksum: String?

    package init(_ files: [File]) { self.files = files }

    package func archive() throws -> [UInt8] {
        // The checksum of the table comes first in the heap, then the signature.
        var (heap, items): ([UInt8], String) = ([], "")
        let base = 20 + signatureSize
        for (index, file) in files.enumerated() {
            let stored = file.isCompressed ? try Compressors.zlib(file.content) : file.content
            let digests = [file.content, stored].map { bytes in Insecure.SHA1.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
            }
            items += """
                <file id="\(index + 1)"><data><length>\(stored.count)</length><offset>\(base + heap.count)</offset><size>\(file.content.count)</size>
                <encoding style="\(file.isCompressed ? "application/x-gzip" : "application/octet-stream")"/>
                <extracted-checksum style="sha1">\(index == 0 ? falseChecksum ?? digests[0] : digests[0])</extracted-checksum>
                <archived-checksum style="sha1">\(digests[1])</archived-checksum></data>
                <mode>0644</mode><type>file</type><name>\(file.name)</name></file>

                """
            heap += stored
        }
        var signature = ""
        if signatureSize > 0 {
            let list = certificates.map { "<X509Certificate>\(Samples.base64($0))</X509Certificate>" }.joined()
            signature = """
                <signature style="RSA"><offset>20</offset><size>\(signatureSize)</size>
                <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>\(list)</X509Data></KeyInfo></signature>
                """
        }
        let table = """
            <?xml version="1.0" encoding="UTF-8"?>
            <xar><toc><creation-time>2026-01-01T00:00:00</creation-time>
            <checksum style="sha1"><offset>0</offset><size>20</size></checksum>\(signature)
            \(items)</toc></xar>
            """
        let packed = try Compressors.zlib(Array(table.utf8))
        let digest = Array(Insecure.SHA1.hash(data: packed))
        var header = Array("xar!".utf8) + [0, 28, 0, 1]
        for number in [UInt64(packed.count), UInt64(table.utf8.count)] { withUnsafeBytes(of: number.bigEndian) { header += $0 } }
        return header + [0, 0, 0, 1] + packed + digest + (signatureSize > 0 ? try sign(digest) : []) + heap
    }
}

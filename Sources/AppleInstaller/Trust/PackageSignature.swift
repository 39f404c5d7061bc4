package import AppleMedia
import Crypto
import CryptoExtras
package import Diagnostics
package import DiskFormats
package import Foundation
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// Who signed an installer package, up to the root of trust.
///
/// A xar archive signs the checksum of its table of contents, which has the checksums of everything else.
package struct PackageSignature: Equatable, Sendable {
    /// The common names, the signer's first, the root's last.
    package var names: [String]
    /// The SHA-256 of the root certificate.
    package var root: String
    /// When the signer's certificate ended or will end.
    package var validUntil: Date
    /// Whether that was before now. The signature says who made the package, not when: Apple still offers such packages.
    package var hasExpired: Bool

    /// Checks the signature, and the certificates from the signer's to one of the roots.
    /// - Parameter file: for messages.
    /// - Throws: `dataError`, which says what does not hold.
    package static func verify(
        _ archive: XarArchive, in source: any ByteSource, file: String, anchors: TrustAnchors, now: Date = Date()
    ) async throws(OperationError) -> PackageSignature {
        func refuse(_ cause: String, _ remedy: String = "get it again; it is not used") -> OperationError {
            OperationError("check", file, cause: cause, remedy: remedy, exit: .dataError)
        }
        guard let signature = archive.signature else { throw refuse("it is not signed") }
        guard signature.style == "RSA" else { throw refuse("its signature is of the kind \(signature.style.printable), not RSA") }
        let certificates = signature.certificates.compactMap { try? Certificate(derEncoded: $0) }
        guard let leaf = certificates.first, certificates.count == signature.certificates.count else {
            throw refuse("a certificate of its signature is damaged")
        }
        guard let key = _RSA.Signing.PublicKey(leaf.publicKey) else { throw refuse("its signer has no RSA key") }
        guard try hasSigned(archive, source, signature, key, file) else { throw refuse("its signature is wrong: the package was changed") }
        if now < leaf.notValidBefore {
            throw refuse(
                "its signer's certificate is valid from \(leaf.notValidBefore.formatted(.iso8601)) on", "check the date of this machine")
        }
        let trusted = zip(certificates, signature.certificates).filter { anchors.roots.contains(Data($1).sha256Text) }.map(\.0)
        guard let root = trusted.first else { throw refuse("its certificates do not end at Apple's root certificate") }
        // An expired certificate is looked at as of its last day.
        let moment = min(now, leaf.notValidAfter)
        var verifier = Verifier(rootCertificates: CertificateStore(trusted)) {
            RFC5280Policy(fixedExpiryValidationTime: moment)
            InstallerPolicy(authority: anchors.authority, certificates)
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(certificates.dropFirst()))
        switch result {
        case .couldNotValidate(let failures):
            let reason =
                failures.first.map { String(describing: $0.policyFailureReason) } ?? "no chain of its certificates leads to the root"
            throw refuse("its signer is not trusted: \(reason.printable)")
        case .validCertificate(let chain):
            return PackageSignature(
                names: chain.map { $0.subject.commonName ?? "?" },
                root: Data(signature.certificates[certificates.firstIndex(of: root) ?? 0]).sha256Text,
                validUntil: leaf.notValidAfter, hasExpired: leaf.notValidAfter < now)
        }
    }

    /// PKCS #1 v1.5 over the checksum of the table of contents as it is stored, which `XarArchive` compared with the checksum in the heap.
    private static func hasSigned(
        _ archive: XarArchive, _ source: any ByteSource, _ signature: XarSignature, _ key: _RSA.Signing.PublicKey, _ file: String
    ) throws(OperationError) -> Bool {
        let table: [UInt8]
        do throws(FormatError) {
            let header = try source.head(16)
            let (start, count) = (Int(header[4]) << 8 | Int(header[5]), header[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
            table = try source.bytes(at: start, count: Int(clamping: count))
        } catch {
            throw error.operationError("check", file)
        }
        let seal = _RSA.Signing.RSASignature(rawRepresentation: Data(signature.bytes))
        func check<Hash: HashFunction>(_: Hash.Type) -> Bool {
            let digest = Hash.hash(data: table)
            return archive.tableChecksum.map { digest.elementsEqual($0.bytes) } ?? false
                && key.isValidSignature(seal, for: digest, padding: .insecurePKCS1v1_5)
        }
        switch archive.tableChecksum?.algorithm {
        case .sha1: return check(Insecure.SHA1.self)
        case .sha256: return check(SHA256.self)
        case .sha512: return check(SHA512.self)
        case .md5, nil: return false
        }
    }
}

/// The rule for installers of Apple's: the chain is signer, the authority for software updates, root, and nothing else.
private struct InstallerPolicy: VerifierPolicy {
    let authority: String
    /// What a certificate may be used for: the standard extension, and Apple's own markers, which have no content. Both are taken as
    /// understood, because this policy decides by who issued the certificate.
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier]

    /// Apple's arc for extensions of certificates: Apple's Certification Practice Statements.
    private static let markers = ArraySlice<UInt>([1, 2, 840, 113635, 100, 6])

    init(authority: String, _ certificates: [Certificate]) {
        self.authority = authority
        let critical = certificates.flatMap { $0.extensions.filter(\.critical).map(\.oid) }
        verifyingCriticalExtensions =
            [.X509ExtensionID.extendedKeyUsage] + critical.filter { $0.oidComponents.starts(with: Self.markers) }
    }

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        guard chain.count == 3, chain[chain.index(after: chain.startIndex)].subject.commonName == authority else {
            let names = chain.map { $0.subject.commonName ?? "?" }.joined(separator: ", ")
            let reason = "the certificates are \(names); the second one has to be \(authority)"
            return .failsToMeetPolicy(reason: .init(reason))
        }
        return .meetsPolicy
    }
}

extension DistinguishedName {
    /// The common name; nil when there is none.
    fileprivate var commonName: String? {
        for name in self {
            for attribute in name where attribute.type == .RDNAttributeType.commonName { return attribute.value.description }
        }
        return nil
    }
}

extension Data {
    fileprivate var sha256Text: String { SHA256.hash(data: self).hexadecimal }
}

/// What is trusted from the start; everything else is checked up to one of these.
package struct TrustAnchors: Equatable, Sendable {
    /// The moduli of RSA keys of 2048 bits that sign chunklists, big-endian.
    package var chunklistKeys: [[UInt8]]
    /// The SHA-256 of root certificates in DER: lower-case hexadecimal digits.
    package var roots: Set<String>
    /// The common name of the authority that issues certificates for installers, directly below the root.
    ///
    /// Apple's root is also above everybody who signs with a Developer ID. macOS has the same rule for "Apple Installer" in
    /// Security's syspolicy.sql.
    package var authority: String

    package init(chunklistKeys: [[UInt8]], roots: Set<String>, authority: String) {
        (self.chunklistKeys, self.roots, self.authority) = (chunklistKeys, roots, authority)
    }

    /// Apple's. There is no option, no environment variable and no file that changes them.
    package static let apple = TrustAnchors(
        chunklistKeys: [bytes(chunklistModulus)],
        // Apple Root CA, valid until 2035: https://www.apple.com/certificateauthority/, AppleIncRootCertificate.cer.
        roots: ["b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024"],
        authority: "Apple Software Update Certification Authority")

    /// The public key that Apple's firmware checks chunklists of recoveries with: Apple_EFI_ROM_public_key_1 in acidanthera/OpenCorePkg.
    private static let chunklistModulus = """
        C3E748CAD9CD384329E10E25A91E43E1A762FF529ADE578C935BDDF9B13F2179D4855E6FC89E9E29CA12517D17DFA1EDCE0BEBF0EA7B461FFE61D94E2BDF72C1\
        96F89ACD3536B644064014DAE25A15DB6BB0852ECBD120916318D1CCDEA3C84C92ED743FC176D0BACA920D3FCF3158AFF731F88CE0623182A8ED67E650515F75\
        745909F07D415F55FC15A35654D118C55A462D37A3ACDA08612F3F3F6571761EFCCBCC299AEE99B3A4FD6212CCFFF5EF37A2C334E871191F7E1C31960E010A54\
        E86FA3F62E6D6905E1CD57732410A3EB0C6B4DEFDABE9F59BF1618758C751CD56CEF851D1C0EAA1C558E37AC108DA9089863D20E2E7E4BF475EC66FE6B3EFDCF
        """

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue.map { UInt8($0) } }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): stable over releases; it tells contents apart, and protects nothing.
package enum FNV1a {
    package static let basis: UInt64 = 0xcbf2_9ce4_8422_2325

    package static func hash(_ bytes: some Sequence<UInt8>, from basis: UInt64 = basis) -> UInt64 {
        bytes.reduce(basis) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

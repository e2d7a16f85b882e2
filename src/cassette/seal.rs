//! A checksum of a cassette, which shows whether it is as it was written, whatever the blanks between.
//!
//! It guards against accidents, such as a merge or an edit by hand that nobody has checked. It is no signature:
//! anybody can make another.

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The seal of a compact document: 32 hexadecimal digits.
pub(super) fn of(text: &str) -> String {
    format!("{:032x}", checksum(text))
}

/// The checksum of a text (FNV-1a).
pub(super) fn checksum(text: &str) -> u128 {
    text.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

//! Shows that a cassette is as it was written: a checksum over what it says, whatever the blanks between.
//!
//! It guards against accidents, such as a merge or an edit by hand that the scan for secrets has not seen. It is no
//! signature: whoever wants to can make another.

use crate::wire::json::Json;

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The seal of a document: 32 hexadecimal digits (FNV-1a of its compact text).
pub(super) fn of(document: &Json<'_>) -> String {
    let text = document.to_string();
    let hash = text.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_has_another_seal() {
        let one = of(&Json::from("a"));
        assert_eq!(one, of(&Json::from("a")));
        assert_eq!(one.len(), 32);
        assert_ne!(one, of(&Json::from("b")));
    }
}

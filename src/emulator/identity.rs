//! Tokens and request ids: derived from the seed, so that a rerun gives the same ones.
//!
//! These look random and are not secret: the mixing is a public bijection, chosen for speed.

use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The length of a token that is derived from a seed.
pub(crate) const TOKEN_LEN: usize = 32;

/// The token of an organization's instance with this id (rule `instance-token`): 32 characters, the last a `=`.
///
/// Distinct ids of one organization have distinct tokens, because each step of the mixing is a bijection.
pub(crate) fn token(seed: u64, organization: &str, id: u64) -> [u8; TOKEN_LEN] {
    let first = mix(id ^ mix(seed));
    let second = mix(first ^ fingerprint(organization));
    let mut bytes = [0; 23];
    bytes[..8].copy_from_slice(&first.to_be_bytes());
    bytes[8..16].copy_from_slice(&second.to_be_bytes());
    bytes[16..].copy_from_slice(&seal(seed, first, second));
    let mut token = [0; TOKEN_LEN];
    STANDARD
        .encode_slice(bytes, &mut token)
        .expect("23 bytes are 32 characters in base64");
    token
}

/// For whose instance a server with this seed gives out `token`: the organization's fingerprint, and the id.
pub(crate) fn issued_to(seed: u64, token: &str) -> Option<(u64, u64)> {
    let token: &[u8; TOKEN_LEN] = token.as_bytes().try_into().ok()?;
    // The decoder asks for room for a whole number of its steps.
    let mut bytes = [0; 24];
    let length = STANDARD.decode_slice(token, &mut bytes).ok()?;
    let bytes = bytes[..length].first_chunk::<23>()?;
    let word = |at: usize| {
        bytes[at..at + 8]
            .iter()
            .fold(0, |word, &byte| word << 8 | u64::from(byte))
    };
    let (first, second) = (word(0), word(8));
    let organization = unmix(second) ^ first;
    (bytes[16..] == seal(seed, first, second)).then(|| (organization, unmix(first) ^ mix(seed)))
}

fn seal(seed: u64, first: u64, second: u64) -> [u8; 7] {
    let sealed = mix(mix(first ^ seed.rotate_left(17)) ^ second).to_be_bytes();
    std::array::from_fn(|index| sealed[index])
}

/// The token that a login with this name gets (rule `login-stable`): 32 hex digits.
pub(crate) fn login_token(seed: u64, name: &str) -> String {
    let login = login(seed, name);
    let digits = [hex::<16>(login), hex::<16>(login_seal(seed, login))].concat();
    String::from_utf8(digits).expect("hex digits are text")
}

/// The login that a server with this seed gave this token to.
pub(crate) fn logged_in(seed: u64, token: &str) -> Option<u64> {
    let (login, seal) = token.split_at_checked(16)?;
    let login = u64::from_str_radix(login, 16).ok()?;
    (hex::<16>(login_seal(seed, login)) == seal.as_bytes()).then_some(login)
}

/// A number for a user's name, distinct for each.
fn login(seed: u64, name: &str) -> u64 {
    mix(fingerprint(name) ^ mix(seed ^ LOGIN))
}

fn login_seal(seed: u64, login: u64) -> u64 {
    mix(mix(login ^ seed.rotate_left(29)) ^ LOGIN)
}

/// Keeps what is derived for logins apart from the tokens of instances.
const LOGIN: u64 = 0x6c6f_6769_6e00_0000;

/// A secret of a login (rule `login-stable`): base64 text, another for each `number`.
pub(crate) fn login_secret(seed: u64, login: u64, number: u64) -> String {
    let mut word = mix(login ^ mix(seed ^ number));
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        word = mix(word ^ LOGIN);
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    STANDARD.encode(bytes)
}

/// A code of the consent page, and what it was given out for (rule `oauth-strict`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// The element's id.
    pub(crate) element: u64,
    /// Milliseconds since 1970.
    pub(crate) given: u64,
    /// Another for each code.
    pub(crate) number: u64,
}

impl Code {
    /// The code as text: 43 characters that an address holds as they are.
    pub(crate) fn text(self, seed: u64) -> String {
        let Code {
            element,
            given,
            number,
        } = self;
        let words = [element, given, number, self.seal(seed)];
        // Alike codes look alike otherwise, as no provider's do.
        let mask = |at: usize| if at < 3 { mix(words[3] ^ at as u64) } else { 0 };
        let bytes = (0..4).flat_map(|at| (words[at] ^ mask(at)).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<_>>())
    }

    /// Reads the text of a code that a server with this seed gave out.
    pub(crate) fn read(seed: u64, text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let word = |at: usize| {
            let bytes = bytes[8 * at..8 * at + 8].iter();
            bytes.fold(0, |word, &byte| word << 8 | u64::from(byte))
        };
        let plain = |at: usize| word(at) ^ mix(word(3) ^ at as u64);
        let code = Code {
            element: plain(0),
            given: plain(1),
            number: plain(2),
        };
        (code.seal(seed) == word(3)).then_some(code)
    }

    fn seal(self, seed: u64) -> u64 {
        let words = [self.element, self.given, self.number];
        words.iter().fold(mix(!seed), |seal, word| mix(seal ^ word))
    }
}

/// The id of a request (rule `request-id`): 24 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; 24]);

impl RequestId {
    /// The id of a server's `number`th request, distinct for each number.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let (high, low) = (mix(number ^ mix(!seed)), mix(seed) as u32 ^ number as u32);
        let mut id = [0; 24];
        id[..16].copy_from_slice(&hex::<16>(high));
        id[16..].copy_from_slice(&hex::<8>(low.into()));
        RequestId(id)
    }

    /// Reads an id; `None` where the text is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let id: [u8; 24] = text.as_bytes().try_into().ok()?;
        id.iter().all(is_digit).then_some(RequestId(id))
    }
}

impl Deref for RequestId {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are text")
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self)
    }
}

/// The id of a request in half the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedRequestId([u8; 12]);

impl From<RequestId> for PackedRequestId {
    fn from(RequestId(digits): RequestId) -> Self {
        let value = |digit: u8| (digit & 0xF) + 9 * (digit >> 6);
        PackedRequestId(std::array::from_fn(|at| {
            value(digits[2 * at]) << 4 | value(digits[2 * at + 1])
        }))
    }
}

impl From<PackedRequestId> for RequestId {
    fn from(PackedRequestId(bytes): PackedRequestId) -> Self {
        let mut id = [0; 24];
        for (digits, byte) in id.chunks_exact_mut(2).zip(bytes) {
            digits.copy_from_slice(&hex::<2>(byte.into()));
        }
        RequestId(id)
    }
}

/// The last `N` hex digits of a number, in lower case.
pub(crate) fn hex<const N: usize>(number: u64) -> [u8; N] {
    let digit = |index: usize| (number >> (4 * (N - 1 - index))) & 0xF;
    std::array::from_fn(|index| b"0123456789abcdef"[digit(index) as usize])
}

/// A short stable number for a text that must not be shown itself; equal texts have equal ones.
pub(crate) fn fingerprint(text: &str) -> u64 {
    fingerprint_bytes(text.as_bytes())
}

/// The short stable name of a secret, by which equal ones can be told from others: `secret-1f3a9c0e`.
pub(crate) fn secret_name(secret: &str) -> String {
    name_of(fingerprint(secret))
}

/// The same of a fingerprint.
pub(crate) fn name_of(fingerprint: u64) -> String {
    format!("secret-{:08x}", fingerprint >> 32)
}

/// The same for any bytes.
pub(crate) fn fingerprint_bytes(bytes: &[u8]) -> u64 {
    mix(bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
}

/// A bijection that spreads a difference in any bit over all bits (the finalizer of splitmix64).
pub(crate) fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Undoes `mix`.
fn unmix(mixed: u64) -> u64 {
    // The factors are the inverses of those of `mix`, modulo 2^64.
    let mut value = mixed ^ (mixed >> 31) ^ (mixed >> 62);
    value = value.wrapping_mul(0x3196_42b2_d24d_8ec3);
    value = value ^ (value >> 27) ^ (value >> 54);
    value = value.wrapping_mul(0x96de_1b17_3f11_9089);
    value = value ^ (value >> 30) ^ (value >> 60);
    value.wrapping_sub(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Rule `instance-token`.
    #[test]
    fn tokens_are_base64_distinct_and_the_same_in_a_rerun() {
        let tokens: HashSet<_> = (1234..6234)
            .flat_map(|id| ["a", "b"].map(|organization| token(7, organization, id)))
            .collect();
        assert_eq!(tokens.len(), 10_000);
        assert!(
            tokens
                .iter()
                .all(|token| token.ends_with(b"=") && STANDARD.decode(token).is_ok())
        );
        assert_eq!(token(7, "a", 1234), token(7, "a", 1234));
        assert_ne!(token(7, "a", 1234), token(8, "a", 1234));
    }

    #[test]
    fn a_token_tells_for_whose_instance_it_was_issued() {
        let issued = token(7, "a", 1234);
        let issued = std::str::from_utf8(&issued).unwrap();
        assert_eq!(issued_to(7, issued), Some((fingerprint("a"), 1234)));
        assert_eq!(issued_to(8, issued), None);
        assert_eq!(issued_to(7, &issued[1..]), None);
        assert_eq!(issued_to(7, ""), None);
        assert_eq!(issued_to(7, "cuED0/DezalhhzK2OtO6kMP7NvPnMyNcRDZc="), None);
    }

    /// Rule `oauth-strict`.
    #[test]
    fn a_code_tells_what_it_was_given_out_for() {
        let code = Code {
            element: 23,
            given: 1_489_519_216_000,
            number: 1,
        };
        let text = code.text(7);
        assert_eq!(text.len(), 43);
        assert_eq!(Code::read(7, &text), Some(code));
        assert_eq!(Code::read(8, &text), None);
        assert_eq!(Code::read(7, &text[1..]), None);
        assert_ne!(Code { number: 2, ..code }.text(7), text);
    }

    /// Rule `request-id`.
    #[test]
    fn request_ids_are_hex_and_distinct() {
        let ids: HashSet<_> = (0..10_000)
            .map(|number| RequestId::new(0, number).to_string())
            .collect();
        assert_eq!(ids.len(), 10_000);
        let unpacked = |id: &String| {
            RequestId::parse(id).map(|id| RequestId::from(PackedRequestId::from(id)).to_string())
        };
        assert!(ids.iter().all(|id| unpacked(id).as_ref() == Some(id)));
        assert_eq!(RequestId::parse("58D8e7a1f0c4b2a6e9d3c5f7"), None);
    }
}

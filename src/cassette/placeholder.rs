//! What stands where a secret was: of the same kind and, where that is possible, of the same length.
//!
//! Made from the secret's shape and its number only, so that another recording of the same conversation has the same
//! placeholders whatever the secrets were.

/// The placeholder of the `number`th secret, in the shape of `secret`.
pub(super) fn shaped_like(secret: &str, number: usize) -> String {
    let shape = Shape::of(secret);
    let length = secret.chars().count();
    match shape {
        Shape::Digits => digits(length, number),
        Shape::Phone => format!("+{}", digits(length - 1, number)),
        Shape::Email => {
            padded(
                &format!("redacted-{number}"),
                length.saturating_sub(12),
                'x',
            ) + "@example.com"
        }
        Shape::Url => format!("https://redacted-{number}.example"),
        Shape::Uuid => format!("5ec2e700-0000-4000-8000-{number:012}"),
        Shape::Hex => hex(length, number),
        Shape::Base64 { padding } => base64(length, padding, number),
        Shape::Text => padded(&format!("redacted-{number}"), length, 'x'),
    }
}

/// Whether `text` was made here, which then is no secret; digits are never taken for made, since they may be real.
pub(super) fn is_made(text: &str) -> bool {
    let mark = [
        "redacted-",
        "REDACTED",
        "5ec2e700-0000-4000-8000-",
        "5ec2e7",
    ]
    .into_iter()
    .find_map(|mark| text.split_once(mark));
    let Some((_, rest)) = mark else {
        return false;
    };
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..digits]
        .parse()
        .is_ok_and(|number| shaped_like(text, number) == text)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Digits,
    Phone,
    Email,
    Url,
    Uuid,
    Hex,
    Base64 { padding: usize },
    Text,
}

impl Shape {
    fn of(secret: &str) -> Self {
        let body = secret.trim_end_matches('=');
        let padding = secret.len() - body.len();
        if is_digits(secret) {
            Shape::Digits
        } else if secret.strip_prefix('+').is_some_and(is_digits) {
            Shape::Phone
        } else if secret.starts_with("https://") || secret.starts_with("http://") {
            Shape::Url
        } else if is_email(secret) {
            Shape::Email
        } else if is_uuid(secret) {
            Shape::Uuid
        } else if secret.len() >= 16 && secret.bytes().all(is_hex_digit) {
            Shape::Hex
        } else if matches!(padding, 1 | 2)
            && secret.len().is_multiple_of(4)
            && body.bytes().all(is_base64_digit)
        {
            Shape::Base64 { padding }
        } else {
            Shape::Text
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_base64_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Whether a text has the form of an e-mail address.
pub(super) fn is_email(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte))
    };
    text.split_once('@')
        .is_some_and(|(user, host)| is_part(user) && is_part(host) && host.contains('.'))
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn padded(text: &str, length: usize, with: char) -> String {
    let missing = length.saturating_sub(text.len());
    text.chars()
        .chain(std::iter::repeat_n(with, missing))
        .collect()
}

fn digits(length: usize, number: usize) -> String {
    "9".to_owned() + &with_zeros(number, length.saturating_sub(1))
}

fn hex(length: usize, number: usize) -> String {
    const MARK: &str = "5ec2e7";
    MARK.to_owned() + &with_zeros(number, length - MARK.len())
}

/// However long: a width of a format may not be that of a key.
fn with_zeros(number: usize, width: usize) -> String {
    let digits = number.to_string();
    "0".repeat(width.saturating_sub(digits.len())) + &digits
}

/// Ends in an `A` and the padding, so that it decodes.
fn base64(length: usize, padding: usize, number: usize) -> String {
    let room = length - padding;
    let long = format!("REDACTED{number}A");
    let head = if long.len() <= room {
        long
    } else {
        format!("R{number}A")
    };
    let mut body = padded(&head, room, 'A');
    while !(body.len() + padding).is_multiple_of(4) {
        body.push('A');
    }
    body + &"=".repeat(padding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rstest::rstest;

    #[rstest]
    #[case::text("correct horse battery", "redacted-7xxxxxxxxxxx")]
    #[case::short("u", "redacted-7")]
    #[case::digits("0123456789", "9000000007")]
    #[case::pin("12", "97")]
    #[case::phone("+15551234567", "+90000000007")]
    #[case::email("someone.else@corp.example", "redacted-7xxx@example.com")]
    #[case::url("https://hooks.corp.example/T0", "https://redacted-7.example")]
    #[case::uuid(
        "0b8e9bd2-9dc5-4e61-b4a5-d1a2d0f0aa11",
        "5ec2e700-0000-4000-8000-000000000007"
    )]
    #[case::hex("00ff00ff00ff00ff", "5ec2e70000000007")]
    #[case::token(
        "cuED0/DezalhhzK2OtO6kMP7NvPnMyNcRDY=",
        "REDACTED7AAAAAAAAAAAAAAAAAAAAAAAAAA="
    )]
    #[case::short_token("YWI=", "R7A=")]
    fn has_the_shape_of_the_secret(#[case] secret: &str, #[case] expected: &str) {
        assert_eq!(shaped_like(secret, 7), expected);
        let is_ambiguous = expected.trim_start_matches('+').starts_with('9') || expected.len() < 8;
        assert_eq!(is_made(expected), !is_ambiguous);
        assert!(!is_made(secret));
    }

    #[rstest]
    #[case("1")]
    #[case("ab")]
    #[case("=")]
    #[case("x y")]
    fn however_long_a_secret_is(#[case] of: &str) {
        let secret = of.repeat(70_000);
        assert_eq!(shaped_like(&secret, 7).len(), secret.len());
    }

    #[test]
    fn tokens_decode_and_differ() {
        let secret = "cuED0/DezalhhzK2OtO6kMP7NvPnMyNcRDY=";
        let made: Vec<_> = (1..2000)
            .map(|number| shaped_like(secret, number))
            .collect();
        assert!(made.iter().all(|token| STANDARD.decode(token).is_ok()));
        let distinct: std::collections::HashSet<_> = made.iter().collect();
        assert_eq!(distinct.len(), made.len());
    }
}

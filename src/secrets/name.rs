//! Names of members, parameters and configuration entries whose values are secret.

/// Tells whether a value with this name is a secret, and everything inside it.
///
/// ```text
/// password_confirmation, privateKeyPem, smtp.password, apiKey, oauth.api.secret, providerData   secret
/// nextPageToken, tokenType, name, key, configuration                                            open
/// ```
pub(crate) fn names_secret(name: &str) -> bool {
    let name = normalize(last_bytes(name, MAX_NAME_LEN));
    if OPEN_NAMES.contains(&name.as_str()) {
        return false;
    }
    SECRET_NAMES.contains(&name.as_str())
        || has_stem(name.as_bytes())
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Tells whether a secret stem is in a name, in one pass: names are judged by the dozen in every exchange.
fn has_stem(name: &[u8]) -> bool {
    let is_at = |at: usize| {
        let mut stems = SECRET_STEMS.iter().map(|stem| stem.as_bytes());
        stems.any(|stem| stem[0] == name[at] && name[at..].starts_with(stem))
    };
    (0..name.len()).any(|at| STEM_STARTS.contains(&name[at]) && is_at(at))
}

/// The first letters of all stems.
const STEM_STARTS: &[u8] = b"abcejmpst";

/// A name without case and separators: letters and digits in lower case.
fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | '0'..='9' => normal.push(character),
            'A'..='Z' => normal.push(character.to_ascii_lowercase()),
            // The tables of Unicode take longer, and few names need them.
            beyond if !beyond.is_ascii() && beyond.is_alphanumeric() => {
                normal.extend(beyond.to_lowercase());
            }
            _ => {}
        }
    }
    normal
}

/// The end of a name that is too long to be one; a caller must not make its judge read a megabyte.
fn last_bytes(name: &str, count: usize) -> &str {
    &name[name.ceil_char_boundary(name.len().saturating_sub(count))..]
}

const MAX_NAME_LEN: usize = 256;

/// Names that look like those of secrets and are none.
const OPEN_NAMES: &[&str] = &[
    "elementsnextpagetoken",
    "nextpagetoken",
    "tokentype",
    "tokenexpires",
    "tokenexpiresin",
];

/// Names that are too short or too common to be searched for inside others.
const SECRET_NAMES: &[&str] = &[
    "auth",
    "code",
    "cvc",
    "cvv",
    "iban",
    "mfa",
    "otp",
    "pass",
    "pem",
    "pin",
    "providerdata",
    "psk",
    "pw",
    "sid",
    "ssn",
    "tan",
    "totp",
];

/// Parts that make a name one of a secret wherever they stand in it.
const SECRET_STEMS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authcode",
    "authkey",
    "authorization",
    "bearer",
    "certificatekey",
    "clientkey",
    "consumerkey",
    "cookie",
    "credential",
    "encryptionkey",
    "jsessionid",
    "jwt",
    "masterkey",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "securitycode",
    "sessionid",
    "sessionkey",
    "sharedkey",
    "signaturekey",
    "signingkey",
    "subscriptionkey",
    "token",
];

/// Parts that make a name one of a secret at its end.
const SECRET_ENDINGS: &[&str] = &["otp", "pwd", "signature", "verifier"];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("password")]
    #[case("Password_Confirmation")]
    #[case("messaging.smtp.sendgrid.password")]
    #[case("mailjet.api.key")]
    #[case("mailjet.api.secret")]
    #[case("API-KEY")]
    #[case("clientSecret")]
    #[case("privateKeyPem")]
    #[case("signingKey")]
    #[case("event.notification.signature.key")]
    #[case("oauth_verifier")]
    #[case("otp")]
    #[case("token")]
    #[case("providerData")]
    #[case("jsessionid")]
    #[case("passphrase")]
    fn is_secret(#[case] name: &str) {
        assert!(names_secret(name));
    }

    #[rstest]
    #[case("name")]
    #[case("key")]
    #[case("id")]
    #[case("nextPageToken")]
    #[case("elements-next-page-token")]
    #[case("configuration")]
    #[case("shipping")]
    #[case("encoding")]
    #[case("compass")]
    #[case("filter.response.nulls")]
    #[case("")]
    fn is_open(#[case] name: &str) {
        assert!(!names_secret(name));
    }

    #[test]
    fn every_stem_is_found() {
        for stem in SECRET_STEMS {
            assert!(names_secret(&format!("x{stem}x")), "{stem}");
        }
    }

    #[test]
    fn a_name_of_any_length_is_judged_by_its_end() {
        assert!(names_secret(&format!("{}é.password", "é".repeat(100_000))));
        assert!(!names_secret(&"é".repeat(100_000)));
    }
}

//! The certificates that a client is to trust, in the forms in which clients take them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;

/// Certificates that a client is to trust; none by default.
///
/// ```
/// use mock_ce::MockCe;
///
/// let ce = MockCe::builder().tls().start();
/// let trust = ce.trust_store().expect("the server speaks TLS");
/// assert!(trust.to_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrustStore(pub(super) Vec<CertificateDer<'static>>);

/// Length of a line in a PEM file.
const PEM_LINE: usize = 64;

impl TrustStore {
    pub(super) fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        TrustStore(certificates)
    }

    /// Adds the certificates that this machine trusts.
    #[must_use]
    pub fn with_system_roots(mut self) -> Self {
        self.0
            .extend(rustls_native_certs::load_native_certs().certs);
        self
    }

    /// The text of a PEM file, which nearly every client reads.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut text = String::new();
        for certificate in &self.0 {
            let encoded = STANDARD.encode(certificate);
            text.push_str("-----BEGIN CERTIFICATE-----\n");
            for line in encoded.as_bytes().chunks(PEM_LINE) {
                text.extend(line.iter().copied().map(char::from));
                text.push('\n');
            }
            text.push_str("-----END CERTIFICATE-----\n");
        }
        text
    }

    /// The bytes of a PKCS #12 file without a password, which Java reads as a trust store.
    #[must_use]
    pub fn to_pkcs12(&self) -> Vec<u8> {
        let bags = self
            .0
            .iter()
            .enumerate()
            .map(|(number, der)| bag(number, der));
        let bags = sequence(&bags.collect::<Vec<_>>());
        let contents = sequence(&[content(&bags)]);
        sequence(&[element(INTEGER, &[3]), content(&contents)])
    }
}

// What of RFC 7292 a file with nothing but certificates needs; without a password there is no digest over it.

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;
const WIDE_TEXT: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT: u8 = 0xa0;

/// 1.2.840.113549.1.7.1
const CONTENT_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// 1.2.840.113549.1.12.10.1.3
const CERTIFICATE_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
/// 2.16.840.1.113894.746875.1.1, by which Java tells a trusted certificate.
const TRUSTED_USAGE: &[u8] = b"\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01";
/// 2.5.29.37.0
const ANY_USAGE: &[u8] = b"\x55\x1d\x25\x00";

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    let length = &length[content.len().leading_zeros() as usize / 8..];
    match *length {
        [] => bytes.push(0),
        [short] if short < 0x80 => bytes.push(short),
        _ => {
            bytes.push(0x80 | u8::try_from(length.len()).expect("a usize has a few bytes"));
            bytes.extend_from_slice(length);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A `ContentInfo` of plain bytes.
fn content(bytes: &[u8]) -> Vec<u8> {
    let octets = element(OCTETS, bytes);
    sequence(&[
        element(IDENTIFIER, CONTENT_DATA),
        element(EXPLICIT, &octets),
    ])
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[element(IDENTIFIER, name), element(SET, value)])
}

/// A `SafeBag` with one certificate; every certificate needs a name of its own.
fn bag(number: usize, certificate: &[u8]) -> Vec<u8> {
    let octets = element(OCTETS, certificate);
    let inside = sequence(&[
        element(IDENTIFIER, X509_CERTIFICATE),
        element(EXPLICIT, &octets),
    ]);
    let name = format!("mock-ce {number}");
    let name: Vec<_> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attributes = [
        attribute(FRIENDLY_NAME, &element(WIDE_TEXT, &name)),
        attribute(TRUSTED_USAGE, &element(IDENTIFIER, ANY_USAGE)),
    ];
    sequence(&[
        element(IDENTIFIER, CERTIFICATE_BAG),
        element(EXPLICIT, &inside),
        element(SET, &attributes.concat()),
    ])
}

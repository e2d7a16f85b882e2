//! Decompresses bodies, up to a limit.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// The reason for which a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is larger than the limit.
    TooLarge,
    /// Its encoding is unknown, or is not the one that its headers name.
    Encoding,
}

/// Undoes every encoding that the headers name.
pub(super) fn decoded(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Unreadable> {
    if body.is_empty() {
        return Ok(body);
    }
    let named = headers.get_all(CONTENT_ENCODING).iter();
    let named = named.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    named.rev().try_fold(body, |body, name| {
        match &*name.trim().to_ascii_lowercase() {
            "" | "identity" => Ok(body),
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(&body[..]), limit),
            // Some servers leave out the zlib wrapper that the standard asks for.
            "deflate" => match read(ZlibDecoder::new(&body[..]), limit) {
                Err(Unreadable::Encoding) => read(DeflateDecoder::new(&body[..]), limit),
                read => read,
            },
            _ => Err(Unreadable::Encoding),
        }
    })
}

fn read(decoder: impl Read, limit: usize) -> Result<Bytes, Unreadable> {
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read: io::Result<usize> = decoder.take(most).read_to_end(&mut plain);
    match read {
        Err(_) => Err(Unreadable::Encoding),
        Ok(length) if length > limit => Err(Unreadable::TooLarge),
        Ok(_) => Ok(plain.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use rstest::rstest;
    use std::io::Write as _;

    fn encoded(name: &str, text: &[u8]) -> Bytes {
        macro_rules! with {
            ($encoder:ident) => {{
                let mut encoder = $encoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap().into()
            }};
        }
        match name {
            "gzip" => with!(GzEncoder),
            "zlib" => with!(ZlibEncoder),
            _ => with!(DeflateEncoder),
        }
    }

    #[rstest]
    #[case("gzip", "gzip")]
    #[case("GZIP", "gzip")]
    #[case("deflate", "zlib")]
    #[case("deflate", "bare")]
    fn a_body_is_decoded_up_to_the_limit(#[case] header: &str, #[case] encoder: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, header.parse().unwrap());
        let body = encoded(encoder, b"plain");
        assert_eq!(decoded(&headers, body, 5), Ok("plain".into()));
        let bomb = encoded(encoder, &[0; 10_000]);
        assert_eq!(decoded(&headers, bomb, 5), Err(Unreadable::TooLarge));
    }

    #[rstest]
    #[case("br")]
    #[case("gzip")]
    fn an_unknown_or_wrong_encoding_is_an_error(#[case] header: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, header.parse().unwrap());
        assert_eq!(
            decoded(&headers, "plain".into(), 9),
            Err(Unreadable::Encoding)
        );
    }
}

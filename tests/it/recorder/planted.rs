//! Exchanges with a secret of a random shape planted at a random place, and the texts that would give it away.
//!
//! Everything follows from a number, so a case that fails can be made again.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mock_ce::Json;
use mock_ce::cassette::Exchange;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A sequence of numbers that is the same in every run.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn from(seed: u64) -> Self {
        Numbers(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| *self.pick(&alphabet)).collect()
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS: &str = "0123456789";

/// The form of a planted secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Word,
    Hex,
    Base64,
    Pem,
    Jwt,
    Number,
    Email,
    Url,
}

const SHAPES: [Shape; 8] = [
    Shape::Word,
    Shape::Hex,
    Shape::Base64,
    Shape::Pem,
    Shape::Jwt,
    Shape::Number,
    Shape::Email,
    Shape::Url,
];

/// A secret: what is planted, and the part of it that may never be seen.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) shape: Shape,
    pub(super) text: String,
    pub(super) core: String,
}

impl Secret {
    fn random(numbers: &mut Numbers) -> Self {
        let shape = *numbers.pick(&SHAPES);
        let length = numbers.below(12);
        let text = match shape {
            Shape::Word => numbers.text(LOWER, 8 + length),
            Shape::Hex => numbers.text(HEX, 16 + 2 * length),
            Shape::Base64 => numbers.text(BASE64, 19 + 4 * (length / 2)) + "=",
            Shape::Pem => {
                let line = numbers.text(BASE64, 64);
                let text =
                    format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----");
                return Secret {
                    shape,
                    text,
                    core: line,
                };
            }
            Shape::Jwt => {
                let claims =
                    URL_SAFE_NO_PAD.encode(format!("{{\"sub\":\"{}\"}}", numbers.text(LOWER, 9)));
                let signature = numbers.text(BASE64, 43).replace('+', "-").replace('/', "_");
                format!("eyJhbGciOiJIUzI1NiJ9.{claims}.{signature}")
            }
            Shape::Number => format!(
                "{}{}",
                1 + numbers.below(8),
                numbers.text(DIGITS, 9 + length / 2)
            ),
            Shape::Email => format!(
                "{}@{}.example",
                numbers.text(LOWER, 6 + length),
                numbers.text(LOWER, 7)
            ),
            Shape::Url => format!(
                "https://{}.example/{}",
                numbers.text(LOWER, 8),
                numbers.text(HEX, 12 + length)
            ),
        };
        let core = text.clone();
        Secret { shape, text, core }
    }
}

/// An exchange that is being made up.
#[derive(Debug)]
pub(super) struct Draft {
    method: Method,
    path: String,
    query: String,
    status: StatusCode,
    request: Half,
    response: Half,
}

/// The headers and the body of one direction.
#[derive(Debug, Default)]
struct Half {
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Draft {
    fn random(numbers: &mut Numbers) -> Self {
        let methods = [
            "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND",
        ];
        let paths = [
            "/elements/api-v2/instances",
            "/elements/api-v2/instances/1234",
            "/other/service",
        ];
        let statuses = [200, 201, 204, 302, 400, 401, 404, 409, 429, 500, 503];
        Draft {
            method: numbers.pick(&methods).parse().unwrap(),
            path: (*numbers.pick(&paths)).to_owned(),
            query: numbers
                .pick(&["", "pageSize=5", "hydrate=false"])
                .to_string(),
            status: StatusCode::from_u16(*numbers.pick(&statuses)).unwrap(),
            request: Half::default(),
            response: Half::default(),
        }
    }

    /// One of the two directions.
    fn half(&mut self, numbers: &mut Numbers) -> &mut Half {
        if numbers.below(2) == 0 {
            &mut self.request
        } else {
            &mut self.response
        }
    }

    fn add_query(&mut self, name: &str, value: &str) {
        let separator = if self.query.is_empty() { "" } else { "&" };
        self.query += &format!("{separator}{}={}", percent(name), percent(value));
    }

    pub(super) fn exchange(&self) -> Exchange {
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        Exchange {
            method: self.method.clone(),
            target: format!("{}{query}", self.path),
            request_headers: self.request.header_map(),
            request_body: self.request.body.clone().into(),
            status: self.status,
            response_headers: self.response.header_map(),
            response_body: self.response.body.clone().into(),
        }
    }
}

impl Half {
    fn header(&mut self, name: &str, value: impl AsRef<[u8]>) {
        // A header has no line breaks; clients spell them as escapes.
        let value = String::from_utf8_lossy(value.as_ref())
            .replace('\n', "\\n")
            .into_bytes();
        self.headers.push((name.to_owned(), value));
    }

    fn body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.headers.retain(|(name, _)| name != "content-type");
        self.header("content-type", content_type);
        self.body = body.into();
    }

    fn json(&mut self, text: String) {
        self.body("application/json", text);
    }

    fn header_map(&self) -> HeaderMap {
        let pairs = self.headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_bytes(value).unwrap())
        });
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A header's name with those characters of a text that it may have.
fn header_name(text: &str) -> String {
    let allowed = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    format!("x-{}", allowed.collect::<String>().to_lowercase())
}

/// A place where a secret is planted: its name in the documentation, and how it comes there.
pub(super) struct PlantedPlace {
    pub(super) name: &'static str,
    plant: fn(&mut Draft, &str, &mut Numbers),
    /// A secret that looks like a plain word stays there, as the documentation says.
    takes_words: bool,
}

macro_rules! places {
    ($($name:literal $takes_words:literal $plant:expr;)*) => {
        /// Every place where secrets are planted.
        pub(super) const PLACES: &[PlantedPlace] = &[$(
            PlantedPlace { name: $name, plant: $plant, takes_words: $takes_words }
        ),*];
    };
}

places! {
    "the `Authorization` header, in the API's form" true |d, s, _| d.request.header("authorization", format!("User {s}, Organization o"));
    "the `Authorization` header, with another scheme" true |d, s, _| d.request.header("authorization", format!("Bearer {s}"));
    "the `Authorization` header, as `Basic`" true |d, s, _| d.request.header("authorization", format!("Basic {}", STANDARD.encode(format!("user:{s}"))));
    "a cookie" true |d, s, _| d.request.header("cookie", format!("a=b; session={s}"));
    "a cookie that is set" true |d, s, _| d.response.header("set-cookie", format!("sid={s}; Path=/; HttpOnly"));
    "a header of its own" true |d, s, n| d.half(n).header("x-auth", format!("Bearer {s}"));
    "a header that is kept" true |d, s, n| { let name = *n.pick(&["etag", "origin", "link", "vary", "accept", "cache-control", "elements-request-id", "www-authenticate", "content-disposition", "last-modified"]); d.half(n).header(name, s) };
    "the name of a header" true |d, s, n| d.half(n).header(&header_name(s), "1");
    "a parameter of the media type" true |d, s, n| d.half(n).header("content-type", format!("multipart/mixed; boundary=\"{}\"", percent(s)));
    "the media type" true |d, s, n| d.half(n).body(&format!("application/{}", percent(s)), "x");
    "a redirect to another service" true |d, s, _| d.response.header("location", format!("https://u:p@h.example/cb?code={s}#token={s}"));
    "a redirect below the service" true |d, s, _| d.response.header("location", format!("/elements/api-v2/{}?a={}", percent(s), percent(s)));
    "a segment of the path" true |d, s, _| d.path += &format!("/{}", percent(s));
    "a parameter of the path" true |d, s, _| d.path += &format!(";jsessionid={}", percent(s));
    "a pair in the path" true |d, s, _| d.path += &format!("/token={}/x", percent(s));
    "a value of the query" true |d, s, n| { let name = *n.pick(&["pageSize", "apiKey", "q", "tags[]", "nextPage"]); d.add_query(name, s) };
    "a name in the query" true |d, s, _| d.add_query(s, "1");
    "a member of a JSON body" true |d, s, n| { let name = *n.pick(&["name", "id", "password", "signingKey", "otp", "key", "description", "requestId", "createdDate", "count"]); d.half(n).json(format!("{{{}:{}}}", quoted(name), quoted(s))) };
    "the name of a JSON member" false |d, s, n| d.half(n).json(format!("{{\"configuration\":{{{}:1}}}}", quoted(s)));
    "a JSON number, or text where it is none" true |d, s, n| { let number = if s.parse::<u64>().is_ok() { s.to_owned() } else { quoted(s) }; d.half(n).json(format!("{{\"a\":[{number}],\"size\":{number}}}")) };
    "deep inside JSON" true |d, s, n| d.half(n).json(format!("[[{{\"a\":{{\"b\":[1,[{{\"c\":{}}}]]}}}}]]", quoted(s)));
    "a configuration entry" true |d, s, n| d.half(n).json(format!("{{\"configuration\":{{\"mailjet.api.key\":{0},\"some.url\":{0}}}}}", quoted(s)));
    "a pair of `key` and `value`" true |d, s, n| d.half(n).json(format!("[{{\"key\":\"password\",\"value\":{0}}},{{\"key\":{0}}}]", quoted(s)));
    "a member of an element" true |d, s, n| d.half(n).json(format!("{{\"element\":{{\"key\":\"sendgrid\",\"description\":{0},\"signupURL\":{0}}}}}", quoted(s)));
    "a JSON document in a JSON text" true |d, s, n| d.half(n).json(format!("{{\"log\":{}}}", quoted(&format!("sent {{\"password\":{}}} ok", quoted(s)))));
    "the message of an error" true |d, s, _| d.response.json(format!("{{\"message\":{}}}", quoted(&format!("No element found with key {s}. Did you mean \"{s}\"?"))));
    "a JSON text that is the whole body" true |d, s, n| d.half(n).json(quoted(s));
    "broken JSON" true |d, s, n| d.half(n).json(format!("{{\"password\":{}", quoted(s)));
    "a value of a form" true |d, s, n| d.half(n).body("application/x-www-form-urlencoded", format!("grant_type=a&client_secret={}", percent(s)));
    "a name in a form" false |d, s, n| d.half(n).body("application/x-www-form-urlencoded", format!("{}=1", percent(s)));
    "text that is only labelled a form" true |d, s, n| d.half(n).body("application/x-www-form-urlencoded", format!("{{\"password\":{}}}", quoted(s)));
    "multipart" true |d, s, n| d.half(n).body("multipart/form-data; boundary=b", format!("--b\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n{s}\r\n--b--\r\n"));
    "XML" true |d, s, n| d.half(n).body("application/xml", format!("<a p=\"{s}\"><password>{s}</password></a>"));
    "HTML" true |d, s, n| d.half(n).body("text/html", format!("<input name=\"p\" value=\"{s}\">"));
    "NDJSON" true |d, s, n| d.half(n).body("application/x-ndjson", format!("{{\"a\":1}}\n{{\"token\":{}}}\n", quoted(s)));
    "YAML" true |d, s, n| d.half(n).body("application/yaml", format!("a: 1\npassword: {}\n", quoted(s)));
    "GraphQL" true |d, s, n| d.half(n).body("application/graphql", format!("mutation {{ login(password: {}) {{ id }} }}", quoted(s)));
    "plain text" true |d, s, n| d.half(n).body("text/plain", format!("the password is {s}, as agreed"));
    "a body that is not UTF-8" true |d, s, n| d.half(n).body("application/octet-stream", [b"\xff\xfe", s.as_bytes(), b"\x00\xff"].concat());
    "a header that is not UTF-8" true |d, s, n| { let value = [b"\xff", s.replace('\n', " ").as_bytes()].concat(); d.half(n).headers.push(("etag".to_owned(), value)) };
    "a gzip body that is not decoded" true |d, s, n| { let mut gzip = GzEncoder::new(Vec::new(), Compression::none()); gzip.write_all(s.as_bytes()).unwrap(); d.half(n).body("application/json", gzip.finish().unwrap()) };
}

/// A spelling of a secret where a message repeats it.
type Encoding = fn(&str) -> String;

pub(super) const ENCODINGS: [(&str, Encoding); 14] = [
    ("plain", str::to_owned),
    ("in upper case", str::to_uppercase),
    ("inside other text", |s| format!("({s})")),
    ("base64", |s| STANDARD.encode(s)),
    ("base64, second alignment", |s| {
        STANDARD.encode(format!("u{s}"))
    }),
    ("base64, third alignment", |s| {
        STANDARD.encode(format!("u:{s}"))
    }),
    ("URL-safe base64", |s| URL_SAFE_NO_PAD.encode(s)),
    ("URL-safe base64, second alignment", |s| {
        URL_SAFE_NO_PAD.encode(format!("u{s}?"))
    }),
    ("hexadecimal", hex),
    ("upper-case hexadecimal", |s| hex(s).to_uppercase()),
    ("percent-encoded", percent),
    ("percent-encoded twice", |s| percent(&percent(s))),
    ("JSON escapes", |s| {
        s.chars()
            .map(|c| format!("\\u{:04x}", u32::from(c)))
            .collect()
    }),
    ("HTML escapes", |s| {
        s.chars().map(|c| format!("&#{};", u32::from(c))).collect()
    }),
];

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// One case: a secret at its place, and perhaps once more elsewhere.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) secret: Secret,
    pub(super) place: &'static str,
    pub(super) echo: Option<(&'static str, &'static str)>,
    /// One exchange, or two when the secret comes back later.
    pub(super) drafts: Vec<Draft>,
}

impl Case {
    pub(super) fn random(seed: u64) -> Self {
        let mut numbers = Numbers::from(seed);
        let secret = Secret::random(&mut numbers);
        let fits = |place: &&PlantedPlace| place.takes_words || secret.shape != Shape::Word;
        let fitting: Vec<_> = PLACES.iter().filter(fits).collect();
        let place = *numbers.pick(&fitting);
        let mut drafts = vec![Draft::random(&mut numbers)];
        (place.plant)(&mut drafts[0], &secret.text, &mut numbers);
        let echo = (numbers.below(2) == 0).then(|| {
            if numbers.below(2) == 0 {
                drafts.push(Draft::random(&mut numbers));
            }
            let (encoding, encode) = *numbers.pick(&ENCODINGS);
            // In one exchange the other place may take the room of the first.
            let all: Vec<_> = PLACES.iter().collect();
            let other = *numbers.pick(if drafts.len() == 2 { &all } else { &fitting });
            let last = drafts.last_mut().unwrap();
            (other.plant)(last, &encode(&secret.text), &mut numbers);
            (other.name, encoding)
        });
        Case {
            secret,
            place: place.name,
            echo,
            drafts,
        }
    }
}

impl Secret {
    /// Texts in lower case that would give the secret away: itself, and what any encoding of it holds.
    pub(super) fn traces(&self) -> Vec<String> {
        let json = quoted(&self.core);
        let mut traces = vec![
            self.core.clone(),
            json[1..json.len() - 1].to_owned(),
            hex(&self.core),
            percent(&self.core),
            percent(&percent(&self.core)),
        ];
        for (name, encode) in ENCODINGS
            .iter()
            .filter(|(name, _)| name.ends_with("escapes"))
        {
            traces.push(encode(&self.core));
            assert!(!name.is_empty());
        }
        for before in ["", "u", "u:"] {
            for encoded in [
                STANDARD.encode(format!("{before}{}", self.core)),
                URL_SAFE_NO_PAD.encode(format!("{before}{}", self.core)),
            ] {
                // The first and the last digits depend on what stands around.
                let digits = encoded.trim_end_matches('=');
                let start = if before.is_empty() { 0 } else { 4 };
                traces.push(digits[start..digits.len() - 2].to_owned());
            }
        }
        traces
            .into_iter()
            .map(|trace| trace.to_lowercase())
            .collect()
    }
}

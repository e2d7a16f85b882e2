//! A port that speaks HTTPS.

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use mock_ce::{Effect, MockCe, Scripted, Settings, TrustStore};
use rcgen::{CertificateParams, KeyPair};
use rstest::rstest;
use tempfile::TempDir;

use super::{Encrypted, encrypted, exchange, keys};
use crate::support::{Client, Process, Request};

fn connect(ce: &MockCe, name: &str) -> Encrypted {
    encrypted(
        TcpStream::connect(ce.address()).unwrap(),
        name,
        ce.trust_store().unwrap(),
    )
}

#[rstest]
#[case::name("localhost")]
#[case::address("127.0.0.1")]
#[case::version_6("::1")]
#[case::own_name("mock.test")]
fn a_client_that_trusts_the_authority_is_served(#[case] name: &str) {
    let ce = MockCe::builder().tls().tls_name("mock.test").start();
    let mut stream = connect(&ce, name);
    let reply = exchange(&mut stream, &keys());
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let port = ce.address().port();
    assert_eq!(
        ce.base_url(),
        format!("https://localhost:{port}/elements/api-v2")
    );
    assert_eq!(ce.admin_url(), format!("https://localhost:{port}/__admin"));
}

#[test]
fn no_other_name_is_vouched_for() {
    let ce = MockCe::builder().tls().start();
    let mut stream = connect(&ce, "example.com");
    let refused = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("certificate not valid for name"),
        "{refused}"
    );
}

#[test]
fn each_server_has_an_authority_of_its_own_whatever_the_seed() {
    let [one, other] = [(); 2].map(|()| MockCe::builder().seed(1).tls().start());
    assert_ne!(one.ca_pem(), other.ca_pem());
    let stream = TcpStream::connect(one.address()).unwrap();
    let mut stream = encrypted(stream, "localhost", other.trust_store().unwrap());
    let refused = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap_err();
    assert!(
        refused.to_string().contains("invalid peer certificate"),
        "{refused}"
    );
}

#[test]
fn the_authority_is_shown_below_admin_and_written_to_the_file() {
    let room = TempDir::new().unwrap();
    let file = room.path().join("ca.pem");
    let ce = MockCe::builder().tls().ca_file(&file).start();
    let pem = ce.ca_pem().unwrap();
    let reply = exchange(
        &mut connect(&ce, "localhost"),
        &Request::raw("GET", "/__admin/ca.pem").header("host", "localhost"),
    );
    assert!(
        reply.starts_with("HTTP/1.1 200") && reply.ends_with(&format!("\r\n\r\n{pem}")),
        "{reply}"
    );
    assert_eq!(fs::read_to_string(file).unwrap(), pem);
    assert!(!pem.contains("KEY"));
}

/// A certificate of somebody else, alone in the file.
#[test]
fn a_certificate_that_no_run_has_made_stays() {
    let room = TempDir::new().unwrap();
    let file = room.path().join("ca.pem");
    let precious = own_pair(room.path());
    fs::write(&file, &precious).unwrap();
    let refused = MockCe::builder().tls().ca_file(&file).try_start();
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("stays as it is; name another file"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), precious);
    fs::write(&file, "").unwrap();
    let ce = MockCe::builder().tls().ca_file(&file).start();
    assert_eq!(fs::read_to_string(&file).unwrap(), ce.ca_pem().unwrap());
}

/// The mode of the user's own file is the user's to choose.
#[cfg(unix)]
#[test]
fn a_file_that_says_the_same_already_is_not_written() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let room = TempDir::new().unwrap();
    let certificate = own_pair(room.path());
    let (pair, file) = (room.path().join("own.pem"), room.path().join("c.pem"));
    fs::write(&file, certificate).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let before = fs::metadata(&file).unwrap();
    let _ce = MockCe::builder()
        .tls()
        .tls_cert(&pair)
        .tls_key(&pair)
        .ca_file(&file)
        .start();
    let after = fs::metadata(&file).unwrap();
    assert_eq!((after.mode(), after.ino()), (before.mode(), before.ino()));
}

#[cfg(unix)]
#[rstest]
#[case::of_a_run(true)]
#[case::to_nothing(false)]
fn a_symbolic_link_is_not_followed(#[case] is_there: bool) {
    let room = TempDir::new().unwrap();
    let [file, link] = ["ca.pem", "link.pem"].map(|name| room.path().join(name));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let before = is_there.then(|| {
        let before = MockCe::builder().tls().ca_file(&file).start();
        before.ca_pem().unwrap()
    });
    let refused = MockCe::builder().tls().ca_file(&link).try_start();
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("link.pem\" is a symbolic link, which is not followed"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&file).ok(), before);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[rstest]
#[case::another_run("", true)]
#[case::bundle(
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    false
)]
#[case::key(
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    false
)]
#[case::text("precious", false)]
fn a_file_is_replaced_if_it_has_the_certificate_of_a_run_and_nothing_else(
    #[case] behind: &str,
    #[case] is_replaced: bool,
) {
    let room = TempDir::new().unwrap();
    let file = room.path().join("ca.pem");
    let before = MockCe::builder().tls().ca_file(&file).start().ca_pem();
    let before = before.unwrap() + behind;
    fs::write(&file, &before).unwrap();
    let after = MockCe::builder().tls().ca_file(&file).try_start();
    let there = fs::read_to_string(&file).unwrap();
    match after {
        Ok(ce) => {
            assert!(is_replaced);
            assert_eq!(there, ce.ca_pem().unwrap());
        }
        Err(error) => {
            assert!(!is_replaced, "{error}");
            assert_eq!(there, before);
            let told = error.to_string();
            assert!(told.contains("stays as it is; name another file"), "{told}");
        }
    }
}

#[test]
fn a_server_without_tls_has_no_authority() {
    let ce = MockCe::start();
    assert_eq!(ce.ca_pem(), None);
    let reply = Client::connect(ce.address())
        .ask(&Request::raw("GET", "/__admin/ca.pem").header("host", "localhost"));
    assert_eq!(reply.status, 404);
    assert!(reply.message().contains("--tls"), "{}", reply.message());
}

#[test]
fn plain_http_is_told_to_write_https() {
    let ce = MockCe::builder().tls().start();
    let mut client = Client::connect(ce.address());
    let reply = client.ask(&keys());
    assert_eq!(reply.verdict(), (400, "http-malformed"));
    assert_eq!(
        reply.message(),
        "This port speaks HTTPS; write https:// instead of http://"
    );
    client.assert_closed();
}

/// The trust in a server that is gone.
fn trust_in_another() -> TrustStore {
    let ce = MockCe::builder().tls().start();
    ce.trust_store().unwrap().clone()
}

/// The next line on standard error that has this word.
fn line_with(process: &mut Process, word: &str) -> String {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        process.stderr.read_line(&mut line).unwrap();
    }
    line
}

#[test]
fn tls_at_a_plain_port_is_told_on_standard_error() {
    let mut process = Process::serve(&[]);
    let trust = trust_in_another();
    for _ in 0..2 {
        let stream = TcpStream::connect(process.address()).unwrap();
        assert!(
            encrypted(stream, "localhost", &trust)
                .write_all(b"x")
                .is_err()
        );
    }
    let line = line_with(&mut process, "TLS");
    assert_eq!(
        line,
        "mock-ce: a client speaks TLS to a port of plain HTTP; write http:// there, or start with --tls\n"
    );
}

#[test]
fn a_client_without_trust_is_told_on_standard_error() {
    let mut process = Process::serve(&[("tls", "")]);
    let trust = trust_in_another();
    let stream = TcpStream::connect(process.address()).unwrap();
    assert!(
        encrypted(stream, "localhost", &trust)
            .write_all(b"x")
            .is_err()
    );
    let line = line_with(&mut process, "handshake");
    assert!(
        line.contains("--ca-file") && line.contains("--tls-name"),
        "{line}"
    );
}

#[test]
fn a_scripted_fault_comes_through_tls() {
    let ce = MockCe::builder().tls().start();
    ce.script(Scripted::new(Effect::CutBody(3)).first(1));
    let cut = exchange(&mut connect(&ce, "localhost"), &keys());
    let (_, body) = cut.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 3, "{cut}");
    ce.script(Scripted::new(Effect::Status(503)).first(1));
    let refused = exchange(&mut connect(&ce, "localhost"), &keys());
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
}

/// A catalog with one element that is provisioned by OAuth 2.
const OAUTH: &str = r#"{"instance": {"id": 1, "name": "", "token": "t", "element": {"id": 23, "key": "sfdc"}},
    "authentication": {"type": "oauth2"}, "configuration": [{"key": "oauth.api.key", "required": true}]}"#;

#[rstest]
#[case::https(Settings::tls, "localhost:1", "https")]
#[case::intercepted(|it: Settings| it.intercept("h.test"), "h.test", "https")]
#[case::beside_the_proxy(|it: Settings| it.intercept("h.test"), "localhost:1", "http")]
#[case::plain(|it| it, "localhost:1", "http")]
fn a_consent_page_is_where_the_caller_asked(
    #[case] settings: fn(Settings) -> Settings,
    #[case] host: &str,
    #[case] scheme: &str,
) {
    let room = TempDir::new().unwrap();
    fs::write(room.path().join("sfdc.json"), OAUTH).unwrap();
    let ce = settings(MockCe::builder().catalog(room.path())).start();
    let path = "/elements/sfdc/oauth/url?apiKey=k&apiSecret=s&callbackUrl=http://h/b";
    let asked = Request::get(path).header("host", host);
    let reply = match ce.base_url().starts_with("https:") {
        true => exchange(&mut connect(&ce, "localhost"), &asked),
        false => exchange(&mut TcpStream::connect(ce.address()).unwrap(), &asked),
    };
    let url = format!("\"oauthUrl\":\"{scheme}://{host}/");
    assert!(reply.contains(&url), "{reply}");
}

/// A certificate of the test's own for `mock.test`, with its key in the same file.
fn own_pair(room: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["mock.test".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    fs::write(
        room.join("own.pem"),
        format!("{}{certificate}", key.serialize_pem()),
    )
    .unwrap();
    certificate.replace("\r\n", "\n")
}

#[test]
fn a_pair_of_the_users_own_is_served_and_its_key_is_not_shown() {
    let room = TempDir::new().unwrap();
    let certificate = own_pair(room.path());
    let file = room.path().join("own.pem");
    let ce = MockCe::builder()
        .tls()
        .tls_cert(&file)
        .tls_key(&file)
        .start();
    assert_eq!(ce.ca_pem().unwrap(), certificate);
    let reply = exchange(&mut connect(&ce, "mock.test"), &keys());
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[test]
fn a_key_of_another_certificate_is_told_with_both_files() {
    let rooms = [(); 2].map(|()| TempDir::new().unwrap());
    let [certificate, key] = [0, 1].map(|index: usize| {
        own_pair(rooms[index].path());
        rooms[index].path().join("own.pem")
    });
    let settings = MockCe::builder().tls().tls_cert(&certificate).tls_key(&key);
    let told = settings.try_start().unwrap_err().to_string();
    for part in [
        format!("--tls-cert {:?}", certificate.display().to_string()),
        format!("--tls-key {:?}", key.display().to_string()),
        "name two files that belong together".to_owned(),
    ] {
        assert!(told.contains(&part), "{told}");
    }
    assert!(!told.contains("KeyMismatch"), "{told}");
}

#[rstest]
#[case::both(|it: Settings| it.tls().intercept("h.test"), "a port is either HTTPS or a proxy; give --tls or --intercept")]
#[case::no_key(|it: Settings| it.tls().tls_cert("c.pem"), "a certificate needs its key: give both --tls-cert and --tls-key")]
#[case::no_file(|it: Settings| it.tls().tls_cert("no.pem").tls_key("no.pem"), "--tls-cert \"no.pem\"")]
#[case::no_tls(|it: Settings| it.tls_name("h.test"), "give --tls or --intercept too")]
#[case::no_proxy(Settings::pass, "give --intercept HOST too")]
#[case::url(|it: Settings| it.intercept("https://h.test"), "--intercept \"https://h.test\" is no host name")]
#[case::pattern(|it: Settings| it.intercept("*.h.test"), "is no host name")]
#[case::name(|it: Settings| it.tls().tls_name("ä"), "--tls-name")]
#[case::two_names(|it: Settings| it.tls().tls_name("a b"), "--tls-name \"a b\" is no host name or address")]
#[case::folder(|it: Settings| it.tls().ca_file("."), "the file of --ca-file \".\" is a directory; name a file in it")]
#[case::unwritable(|it: Settings| it.tls().ca_file("/no/such/ca.pem"), "cannot write the file of --ca-file \"/no/such/ca.pem\"")]
fn settings_that_cannot_be_used_are_refused(
    #[case] settings: fn(Settings) -> Settings,
    #[case] problem: &str,
) {
    let error = settings(MockCe::builder())
        .try_start()
        .unwrap_err()
        .to_string();
    assert!(error.contains(problem), "{error}");
}

//! The client against a server that intercepts its host.

use std::process::Command;

use mock_ce::{Method, MockCe};

#[test]
fn reqwest_is_served_in_the_place_of_the_vendors_host() {
    let ca = std::env::temp_dir().join(format!("mock-ce-client-test-{}.pem", std::process::id()));
    let ce = MockCe::builder()
        .intercept("api.cloud-elements.com")
        .ca_file(&ca)
        .start();
    let client = Command::new(env!("CARGO_BIN_EXE_mock-ce-client-test"))
        .env("https_proxy", format!("http://{}", ce.address()))
        .env("SSL_CERT_FILE", &ca)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    std::fs::remove_file(&ca).unwrap();
    let (said, told) = (
        String::from_utf8_lossy(&client.stdout),
        String::from_utf8_lossy(&client.stderr),
    );
    assert_eq!(said, "200\n", "{told}");
    ce.received(Method::GET, "/elements/keys").once();
}

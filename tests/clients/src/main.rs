//! A client with the vendor's host in its code, as one finds it: it knows nothing of a mock.

const URL: &str = "https://api.cloud-elements.com/elements/api-v2/elements/keys";

fn main() -> reqwest::Result<()> {
    let request = reqwest::blocking::Client::new().get(URL);
    let reply = request
        .header("authorization", "User u, Organization o")
        .send()?;
    println!("{}", reply.status().as_u16());
    Ok(())
}

//! The page in a browser, as a test sees and steers it.

use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use mock_ce::MockCe;
use serde_json::{Value, json};

use crate::driver::{Driver, refuse_in_ci};

/// Patience with a browser on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser that shows the page of one server.
pub struct Page {
    client: Client,
    /// Everything that it loads must begin so.
    origin: String,
}

/// Shows the page of a new server, lets `test` use both, and looks at what the browser complained of and asked for.
///
/// # Panics
/// When the test fails; when the console has an error; when anything but the server was asked.
pub fn browse(test: impl AsyncFnOnce(&MockCe, &Page)) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let ce = MockCe::start();
        let page = Page::open(&driver, &ce).await;
        test(&ce, &page).await;
        page.assert_no_complaint().await;
        page.assert_nothing_foreign().await;
        page.client.close().await.expect("the session ends");
    });
}

impl Page {
    async fn open(driver: &Driver, ce: &MockCe) -> Self {
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities())
            .connect(&driver.url)
            .await
            .expect("a browser");
        let page = Page {
            client,
            origin: format!("http://{}/", ce.address()),
        };
        page.resize(1280).await;
        page.go("__admin/").await;
        page.wait_for("document.querySelector('#state-text').textContent === 'live'")
            .await;
        page
    }

    /// Goes to an address of the server.
    pub async fn go(&self, path: &str) {
        self.go_to(&format!("{}{path}", self.origin)).await;
    }

    /// Goes to any address.
    pub async fn go_to(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    /// Makes the window so wide.
    pub async fn resize(&self, width: u32) {
        let metrics =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Lets the page believe that its user prefers `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", feature).await;
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.client
            .execute(&script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// The text of what an expression selects.
    pub async fn text(&self, selector: &str) -> String {
        let text = self
            .value(&format!("document.querySelector({selector:?}).textContent"))
            .await;
        text.as_str().expect("a text").to_owned()
    }

    /// Waits until an expression is true.
    pub async fn wait_for(&self, expression: &str) {
        // The browser looks at each of its frames, so nothing here sleeps.
        let script = format!(
            "const last = performance.now() + {};
             const look = () => {{
               if (({expression}) === true) return done(true);
               if (performance.now() > last) return done(false);
               requestAnimationFrame(look);
             }};
             look();",
            PATIENCE.as_millis()
        );
        let came_true = self.later(&script).await == Value::Bool(true);
        assert!(came_true, "never came true: {expression}");
    }

    /// The value that a script hands to `done`.
    pub async fn later(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.client
            .execute_async(&script, vec![])
            .await
            .expect("the script ends")
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) {
        self.write(":focus, body:not(:has(:focus))", keys).await;
    }

    /// Clicks on what a selector names.
    pub async fn click(&self, selector: &str) {
        self.act_on(selector, async |element| element.click().await)
            .await;
    }

    /// Types into what a selector names.
    pub async fn write(&self, selector: &str, text: &str) {
        self.act_on(selector, async |element| element.send_keys(text).await)
            .await;
    }

    /// Chooses an option of what a selector names.
    pub async fn choose(&self, selector: &str, label: &str) {
        self.act_on(selector, async |element| {
            element.select_by_label(label).await
        })
        .await;
    }

    /// Does something with the element that a selector names.
    ///
    /// The page may draw a list anew after the element was found: then the new element is looked for.
    async fn act_on(&self, selector: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let last = Instant::now() + PATIENCE;
        loop {
            match act(self.element(selector).await).await {
                Err(error) if error.is_stale_element_reference() && Instant::now() < last => {}
                done => return done.unwrap_or_else(|error| panic!("{selector}: {error}")),
            }
        }
    }

    async fn element(&self, selector: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await;
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// The violations that axe-core finds on the page as it is now; none where axe-core is not there and need not be.
    pub async fn violations(&self) -> Vec<String> {
        let Some(path) = std::env::var_os("AXE_CORE") else {
            refuse_in_ci("not tested with axe-core: AXE_CORE names no axe.min.js");
            return Vec::new();
        };
        let source = std::fs::read_to_string(path).expect("AXE_CORE can be read");
        self.client
            .execute(&source, vec![])
            .await
            .expect("axe-core is loaded");
        let found = self.later(
            "axe.run(document).then((found) => done(found.violations.flatMap((violation) => \
             violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary}`))));",
        );
        let found = found.await;
        let texts = found.as_array().expect("a list").iter();
        texts
            .map(|text| text.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn assert_no_complaint(&self) {
        let complaints = self.log("browser").await;
        assert!(complaints.is_empty(), "the console has {complaints:#?}");
    }

    async fn assert_nothing_foreign(&self) {
        for entry in self.log("performance").await {
            let Ok(entry) = serde_json::from_str::<Value>(&entry) else {
                continue;
            };
            let message = &entry["message"];
            if message["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = message["params"]["request"]["url"]
                .as_str()
                .unwrap_or_default();
            let is_own = url.starts_with(&self.origin)
                || url.starts_with("file:")
                || url.starts_with("data:");
            assert!(is_own, "{url} was asked for");
        }
    }

    /// The entries of a kind that the browser has logged since it was last asked.
    async fn log(&self, kind: &'static str) -> Vec<String> {
        let entries = self.issue("se/log", json!({"type": kind})).await;
        let entries = entries.as_array().expect("a list").iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.issue(
            "goog/cdp/execute",
            json!({"cmd": command, "params": parameters}),
        )
        .await;
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        self.client
            .issue_cmd(Command { path, body })
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// A command that only ChromeDriver knows.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A browser without a window that asks nobody for anything of its own accord.
fn capabilities() -> Capabilities {
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    let capabilities = json!({
        "goog:chromeOptions": {"args": flags},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    });
    capabilities.as_object().expect("it is one").clone()
}

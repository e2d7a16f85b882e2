//! The inspection page in Chromium. Each test ends with a look at the console and at what the browser asked for.

use http::Method;
use mock_ce::{MockCe, Request, Seed};
use mock_ce_browser_test::browse;

const ROWS: &str = "document.querySelectorAll('#spacer .row')";
const SOME_HTML: &str = "<img src=x onerror=\"window.hacked=1\">";

fn get(ce: &MockCe, path: &str) -> u16 {
    answer(
        ce,
        Request::new(Method::GET, &format!("/elements/api-v2{path}"), ""),
    )
}

fn answer(ce: &MockCe, request: Request) -> u16 {
    let request = request.header("authorization", "User u, Organization o");
    ce.emulator().answer(&request).reply.status.as_u16()
}

fn count(n: usize) -> String {
    format!("{ROWS}.length === {n}")
}

/// The quickest of a few counts: a busy machine may keep a browser from drawing for longer.
#[test]
fn a_request_is_shown_within_a_second() {
    browse(async |ce, page| {
        let mut quickest = u64::MAX;
        for number in 1..=3 {
            page.value(&format!(
                "window.seen = new Promise((done) => new MutationObserver((_, watch) => {{ \
                 if ({}) {{ watch.disconnect(); done(Date.now()); }} \
                 }}).observe(document.querySelector('#spacer'), {{ childList: true }})), null",
                count(number)
            ))
            .await;
            get(ce, "/elements/keys");
            let journal = ce.journal(&mock_ce::Predicate::new()).requests;
            let at = journal.iter().map(|one| one.at).max();
            let seen = page.later("window.seen.then(done)").await;
            let seen = seen.as_u64().expect("a time");
            quickest = quickest.min(seen.saturating_sub(at.expect("a request")));
        }
        assert!(quickest < 1000, "{quickest} ms");
        assert!(
            page.text("#spacer .row .path")
                .await
                .ends_with("/elements/keys")
        );
        assert_eq!(page.text("#spacer .row .grade").await, "vendor");
    });
}

#[test]
fn a_filter_takes_the_words_of_the_journals_query() {
    browse(async |ce, page| {
        for path in ["/elements/keys", "/elements/sendgrid", "/nowhere"] {
            get(ce, path);
        }
        page.wait_for(&count(3)).await;
        for (filter, shown) in [
            ("status:404", 1),
            ("status:2xx", 2),
            ("path:/elements/*", 2),
            ("method:post", 0),
            ("keys", 1),
            ("grade:assumed", 1),
            ("rule=element-get method:GET", 1),
        ] {
            page.write("#filter", filter).await;
            page.wait_for(&count(shown)).await;
            page.value("document.querySelector('#filter').value = ''")
                .await;
        }
        page.write("#filter", "colour:red").await;
        page.wait_for(
            "document.querySelector('#matches').textContent.startsWith('colour is not a word')",
        )
        .await;
    });
}

#[test]
fn the_keyboard_moves_opens_and_returns_to_the_same_row() {
    browse(async |ce, page| {
        for id in 1..=5 {
            get(ce, &format!("/instances/{id}"));
        }
        page.wait_for(&count(5)).await;
        page.press("j").await;
        page.press("j").await;
        page.press("j").await;
        page.press("k").await;
        assert_eq!(
            page.value("document.activeElement.dataset.number").await,
            "4"
        );
        page.press("\u{e007}").await;
        page.wait_for("document.activeElement.id === 'detail-title'")
            .await;
        assert!(page.text("#detail-title").await.ends_with("/instances/4"));
        assert_eq!(
            page.text("#detail .reason").await,
            "No instance found with ID 4.".trim_end_matches('.')
        );
        page.press("\u{e00c}").await;
        page.wait_for("document.querySelector('#detail').hidden")
            .await;
        assert_eq!(
            page.value("document.activeElement.dataset.number").await,
            "4"
        );
    });
}

/// The list becomes narrower beside a detail, and its rows higher.
#[test]
fn a_row_stays_in_sight_when_it_is_opened() {
    browse(async |ce, page| {
        for id in 1..=200 {
            get(ce, &format!("/instances/{id}"));
        }
        page.wait_for("document.querySelector('#requests-count').textContent === '200'")
            .await;
        page.press("j").await;
        page.press("\u{e010}").await;
        page.press("\u{e007}").await;
        page.wait_for("document.activeElement.id === 'detail-title'")
            .await;
        let row = "document.querySelector('[aria-selected=true]').getBoundingClientRect()";
        let list = "document.querySelector('#scroller').getBoundingClientRect()";
        page.wait_for(&format!(
            "{row}.height > 40 && {row}.top >= {list}.top - 1 && {row}.bottom <= {list}.bottom + 1"
        ))
        .await;
    });
}

#[test]
fn a_fault_that_is_ordered_meets_the_next_request() {
    browse(async |ce, page| {
        page.click("nav a[href='#script']").await;
        page.choose("#order [name=effect]", "status 429").await;
        page.write("#order [name=path]", "/elements/*").await;
        page.click("#order [type=submit]").await;
        page.wait_for("document.querySelector('#script-list tbody') !== null")
            .await;
        assert_eq!(get(ce, "/elements/sendgrid"), 429);
        assert_eq!(get(ce, "/elements/sendgrid"), 200);
        page.wait_for("document.querySelector('#script-list td:nth-child(6)').textContent === '1'")
            .await;
        page.click("nav a[href='#requests']").await;
        page.wait_for("document.querySelectorAll('#spacer .fault-mark').length === 1")
            .await;
        page.click("nav a[href='#script']").await;
        page.click("#clear-script").await;
        page.wait_for("document.querySelector('#script-list tbody') === null")
            .await;
    });
}

#[test]
fn one_script_and_one_stub_are_removed_and_the_others_stay() {
    browse(async |ce, page| {
        for path in ["/one", "/two"] {
            ce.script(mock_ce::Scripted::new(mock_ce::Effect::LoseReply).path(path));
            ce.stub(Method::GET, path).status(202).times(3).forever();
        }
        assert_eq!(get(ce, "/two"), 202);
        page.click("nav a[href='#script']").await;
        page.wait_for("document.querySelectorAll('#script-list tbody tr').length === 4")
            .await;
        let list = page.text("#script-list").await;
        assert!(list.contains("202, at most 3 times"), "{list}");
        page.click("[aria-label='Remove script 1']").await;
        page.wait_for("document.querySelector(\"[aria-label='Remove script 1']\") === null")
            .await;
        page.click("[aria-label='Remove stub 2']").await;
        page.wait_for("document.querySelectorAll('#script-list tbody tr').length === 2")
            .await;
        let left = "[...document.querySelectorAll('#script-list button')].map((it) => it.ariaLabel).join()";
        assert_eq!(page.value(left).await, "Remove script 2,Remove stub 1");
        assert_eq!(get(ce, "/one"), 202);
        assert_ne!(get(ce, "/two"), 202);
    });
}

#[test]
fn ten_thousand_requests_in_a_burst_are_shown_and_only_those_in_sight_are_drawn() {
    browse(async |ce, page| {
        for id in 1..=10_000 {
            get(ce, &format!("/instances/{id}"));
        }
        page.wait_for("document.querySelector('#requests-count').textContent === '10,000'")
            .await;
        let drawn = page
            .value(&format!("{ROWS}.length"))
            .await
            .as_u64()
            .expect("a number");
        assert!((10..100).contains(&drawn), "{drawn} rows");
        page.value("document.querySelector('#scroller').scrollTop = 1e9")
            .await;
        page.wait_for("[...document.querySelectorAll('#spacer .path')].at(-1).textContent.endsWith('/instances/1')").await;
    });
}

#[test]
fn an_instance_opens_to_its_messages_and_events_and_shows_its_state() {
    browse(async |ce, page| {
        let seed = Seed::new("o", "mailjet", "n").token("t");
        let seed = seed.entry("event.notification.enabled", "true");
        let instance = ce.seed(&seed).expect("a seed");
        ce.fire_event(&instance, br#"{"campaign": 7}"#)
            .expect("it takes events");
        let mail = r#"{"to": "a@b.c", "subject": "Good morning"}"#;
        let mail = Request::new(Method::POST, "/elements/api-v2/messages", mail)
            .header("authorization", "User u, Element t")
            .header("content-type", "application/json");
        assert_eq!(ce.emulator().answer(&mail).reply.status, 200);
        page.click("nav a[href='#instances']").await;
        page.click("#instances-list .instance > summary").await;
        page.wait_for("document.querySelectorAll('.instance li').length === 2")
            .await;
        let shown = page.text("#instances-list .instance").await;
        assert!(shown.contains("Good morning → a@b.c"), "{shown}");
        assert!(shown.contains("CONSUMED"), "{shown}");
        page.click(".instance li summary").await;
        assert!(
            page.text(".instance li .json")
                .await
                .contains("Good morning")
        );
        page.resize(360).await;
        page.wait_for("document.querySelector('.instance').getBoundingClientRect().right <= 360")
            .await;
        page.resize(1280).await;
        assert_eq!(page.violations().await, [""; 0]);
        for (path, shown) in [("1234/enabled", "disabled"), ("1234", "Deleted")] {
            let path = format!("/elements/api-v2/instances/{path}");
            answer(ce, Request::new(Method::DELETE, &path, ""));
            page.click("nav a[href='#requests']").await;
            page.click("nav a[href='#instances']").await;
            page.wait_for(&format!(
                "document.querySelector('#instances-list').textContent.includes('{shown}')"
            ))
            .await;
        }
    });
}

/// The page shows texts of clients as text: in a path, a header, a body, an answer, a name and a tag.
#[test]
fn hostile_texts_stay_texts() {
    browse(async |ce, page| {
        let path =
            "/elements/api-v2/%3Cimg%20src=x%20onerror=window.hacked=1%3E/%3Cscript%3E'&amp;";
        let hostile = Request::new(Method::POST, path, format!("{{\"name\": {SOME_HTML:?}}}"));
        answer(
            ce,
            hostile
                .header("x-hostile", SOME_HTML)
                .header("content-type", "application/json"),
        );
        let seed = Seed::new("o", "mailjet", SOME_HTML)
            .tag(SOME_HTML)
            .entry("plain", SOME_HTML);
        ce.seed(&seed).expect("a seed");
        page.wait_for(&count(1)).await;
        page.click("#spacer .row").await;
        page.wait_for("document.querySelector('#detail').textContent.includes('x-hostile')")
            .await;
        assert!(page.text("#detail").await.contains(SOME_HTML));
        page.click("nav a[href='#instances']").await;
        page.click("#instances-list summary").await;
        assert!(page.text("#instances-list").await.contains(SOME_HTML));
        assert_eq!(page.value("window.hacked === undefined").await, true);
        assert_eq!(
            page.value("document.querySelectorAll('img, main script').length")
                .await,
            0
        );
    });
}

/// Puts something into every view.
async fn fill(ce: &MockCe, page: &mock_ce_browser_test::Page) {
    ce.script(mock_ce::Scripted::new(mock_ce::Effect::LoseReply).path("/instances/2"));
    for id in 1..=3 {
        get(ce, &format!("/instances/{id}"));
    }
    let long = "a-rather-long-name-without-any-blank-to-break-it-at-which-goes-on-for-a-while";
    ce.seed(&Seed::new("o", "mailjet", long).tag(long))
        .expect("a seed");
    page.wait_for(&count(3)).await;
}

const VIEWS: [(&str, &str); 4] = [
    ("requests", "document.querySelector('#spacer .row')"),
    (
        "instances",
        "document.querySelector('#instances-list tbody')",
    ),
    ("script", "document.querySelector('#script-list tbody')"),
    ("ledger", "document.querySelector('#ledger-list tbody')"),
];

#[test]
fn axe_core_finds_no_violation_in_any_view_light_or_dark() {
    browse(async |ce, page| {
        fill(ce, page).await;
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await;
            for (view, is_there) in VIEWS {
                page.click(&format!("nav a[href='#{view}']")).await;
                page.wait_for(&format!("{is_there} !== null")).await;
                assert_eq!(page.violations().await, [""; 0], "{view}, {scheme}");
            }
            page.click("nav a[href='#requests']").await;
            page.click("#spacer .row").await;
            page.wait_for("document.querySelector('#detail-title') !== null")
                .await;
            assert_eq!(page.violations().await, [""; 0], "detail, {scheme}");
        }
    });
}

#[test]
fn nothing_is_cut_at_360_pixels() {
    browse(async |ce, page| {
        fill(ce, page).await;
        page.resize(360).await;
        for (view, is_there) in VIEWS {
            page.click(&format!("nav a[href='#{view}']")).await;
            page.wait_for(&format!("{is_there} !== null")).await;
            let width = page.value("document.documentElement.scrollWidth").await;
            assert_eq!(width, 360, "{view}");
            let outside = "[...document.querySelectorAll('main section:not([hidden]) *')].filter((it) => \
                 !it.closest('.wide, svg, .unseen') && it.getBoundingClientRect().right > 361).length";
            assert_eq!(page.value(outside).await, 0, "{view}");
        }
    });
}

/// It keeps one connection for its events and asks for nothing more, so that it costs the server nothing.
#[test]
fn an_idle_page_asks_for_nothing() {
    browse(async |_, page| {
        let asked = "performance.getEntriesByType('resource').length";
        let before = page.value(asked).await;
        let later = format!("setTimeout(() => done({asked}), 1500)");
        assert_eq!(page.later(&later).await, before);
    });
}

/// Browsers allow six connections per host.
#[test]
fn a_hidden_page_closes_its_stream_and_misses_nothing() {
    browse(async |ce, page| {
        let hide = |is_hidden: bool| {
            format!(
                "Object.defineProperty(document, 'hidden', {{ value: {is_hidden}, configurable: true }}) && \
                 document.dispatchEvent(new Event('visibilitychange'))"
            )
        };
        get(ce, "/elements/keys");
        page.wait_for(&count(1)).await;
        page.value(&hide(true)).await;
        assert_eq!(page.text("#state-text").await, "paused");
        get(ce, "/elements/keys");
        page.value(&hide(false)).await;
        page.wait_for(&count(2)).await;
        assert_eq!(page.text("#state-text").await, "live");
    });
}

#[test]
fn a_post_mortem_opens_from_the_disk() {
    browse(async |ce, page| {
        fill(ce, page).await;
        let path = std::env::temp_dir().join(format!("mock-ce-{}.html", std::process::id()));
        std::fs::write(&path, ce.post_mortem("a test failed")).expect("a file");
        page.go_to(&format!("file://{}", path.display())).await;
        page.wait_for(&count(3)).await;
        assert_eq!(page.text("#notice").await, "Post-mortem: a test failed");
        page.click("#spacer .row").await;
        page.wait_for("document.querySelector('#detail-title') !== null")
            .await;
        for (view, is_there) in VIEWS {
            page.click(&format!("nav a[href='#{view}']")).await;
            page.wait_for(&format!("{is_there} !== null")).await;
        }
        std::fs::remove_file(&path).expect("it was written");
    });
}

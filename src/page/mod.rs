//! The inspection page: one document, one style sheet and one script, embedded; and the file that a post-mortem is.
//!
//! The page knows the control API only, from which it reads everything. A post-mortem is the same page with its style,
//! its script and a run's documents inside, so that it can be opened from a disk.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use once_cell::sync::Lazy;

const DOCUMENT: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// One module to the browser; its files share one scope and are read in this order.
const SCRIPT: &str = concat!(
    include_str!("script/1-elements.js"),
    include_str!("script/2-requests.js"),
    include_str!("script/3-list.js"),
    include_str!("script/4-timeline.js"),
    include_str!("script/5-detail.js"),
    include_str!("script/6-views.js"),
    include_str!("script/7-live.js"),
    include_str!("script/8-main.js"),
);

const STYLE_LINK: &str = r#"<link rel="stylesheet" href="page.css">"#;
const SCRIPT_LINK: &str = r#"<script type="module" src="page.js"></script>"#;

/// Lets the page load its own style and script and talk to its own server, and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One file of the page.
pub(crate) struct Asset {
    pub(crate) text: &'static str,
    pub(crate) media_type: &'static str,
    /// A quoted digest of the text.
    pub(crate) etag: String,
    pub(crate) caching: Caching,
}

/// The time for which a browser may use a file of the page without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// It asks each time, and is told when nothing has changed.
    Ask,
    /// For ever: the document names the file by its digest.
    Forever,
}

/// The document, whose links name style and script by their digests: so a page that was seen before loads with one
/// request.
static LINKED: Lazy<String> = Lazy::new(|| {
    let style = STYLE_LINK.replace("page.css", &format!("page.css?{}", digest(STYLE)));
    let script = SCRIPT_LINK.replace("page.js", &format!("page.js?{}", digest(SCRIPT)));
    DOCUMENT
        .replace(STYLE_LINK, &style)
        .replace(SCRIPT_LINK, &script)
});

/// Finds the file of the page at a path below that of the control API.
pub(crate) fn find(below: &str) -> Option<Asset> {
    let (text, media_type, caching) = match below {
        "/" => (LINKED.as_str(), "text/html; charset=utf-8", Caching::Ask),
        "/page.css" => (STYLE, "text/css; charset=utf-8", Caching::Forever),
        "/page.js" => (SCRIPT, "text/javascript; charset=utf-8", Caching::Forever),
        _ => return None,
    };
    Some(Asset {
        text,
        media_type,
        etag: format!("\"{}\"", digest(text)),
        caching,
    })
}

fn digest(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The page as one file that shows what `held`, a JSON document, says of a run.
pub(crate) fn post_mortem(held: &str) -> String {
    // No text in a script element may look like its end, nor open a comment.
    let held = held.replace('<', "\\u003c");
    let nonce = digest(&held);
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-{nonce}'; \
         style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'\">"
    );
    let style = format!("{policy}\n<style nonce=\"{nonce}\">\n{STYLE}</style>");
    let script = format!(
        "<script type=\"application/json\" id=\"post-mortem\">{held}</script>\n\
         <script type=\"module\" nonce=\"{nonce}\">\n{SCRIPT}</script>"
    );
    DOCUMENT
        .replace(STYLE_LINK, &style)
        .replace(SCRIPT_LINK, &script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_links_each_file_by_its_digest() {
        let document = find("/").expect("the document").text;
        for (file, text) in [("page.css", STYLE), ("page.js", SCRIPT)] {
            assert!(document.contains(&format!("\"{file}?{}\"", digest(text))));
        }
    }

    #[test]
    fn the_page_has_less_than_60_kilobytes() {
        let size = LINKED.len() + STYLE.len() + SCRIPT.len();
        assert!(size < 60_000, "{size}");
    }

    /// The texts of a request can be text in the document, and nothing else.
    #[test]
    fn the_script_makes_no_markup_of_texts() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }

    #[test]
    fn a_post_mortem_is_one_file_that_hostile_texts_cannot_leave() {
        let file = post_mortem(r#"{"name":"</script><script>alert(1)</script><!--"}"#);
        assert_eq!(file.matches("</script>").count(), 2);
        assert!(file.contains(r#"{"name":"\u003c/script>"#));
        assert!(!file.contains("page.css") && !file.contains("src=\"page.js"));
    }
}

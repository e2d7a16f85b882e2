//! Measures the cost of a dev-dependency: crates, and the time of a clean debug build.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::report::{Table, tell};
use crate::subject::MANIFEST;
use crate::verdict::{Bound, Verdicts};

/// Features of `benches/peers`, each of which brings one server into the build.
const FEATURES: [(&str, &str); 5] = [
    ("bare", "bare hyper with serde_json"),
    ("mock-ce", "mock-ce, default-features = false"),
    ("httpmock", "httpmock"),
    ("wiremock", "wiremock"),
    ("mockito", "mockito"),
];

/// Builds each from nothing, interleaved; the lesser of two builds counts, for the machine may be busy elsewhere.
pub(crate) fn table(verdicts: &mut Verdicts) -> Table {
    let mut seconds = [f64::INFINITY; FEATURES.len()];
    for _ in 0..2 {
        for (best, (feature, _)) in seconds.iter_mut().zip(FEATURES) {
            let took = clean_build(feature);
            tell(&format!("a clean build of {feature}: {took:.1} s"));
            *best = best.min(took);
        }
    }
    let heads = ["dev-dependency", "crates", "clean debug build, s", "ratio"];
    let mut table = Table::new("What a dev-dependency costs", heads);
    for (took, (feature, title)) in seconds.into_iter().zip(FEATURES) {
        table.row([
            title.to_owned(),
            crates(feature).to_string(),
            format!("{took:.1}"),
            format!("{:.2}", took / seconds[0]),
        ]);
    }
    let what = "light dev-dependency";
    let ratio = seconds[1] / seconds[0];
    verdicts.judge(
        &format!("{what}, clean debug build, ratio"),
        ratio,
        Bound::AtMost(1.3),
    );
    let crates = crates("mock-ce") as f64;
    verdicts.judge(&format!("{what}, crates"), crates, Bound::AtMost(32.0));
    table
}

fn cargo(words: &[&str], feature: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(words).args(["--manifest-path", MANIFEST]);
    command.args(["--no-default-features", "--features", feature]);
    command
}

fn clean_build(feature: &str) -> f64 {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cost");
    let _absent_at_first = std::fs::remove_dir_all(&target);
    let mut build = cargo(&["build", "--quiet"], feature);
    build.arg("--target-dir").arg(&target).stderr(Stdio::null());
    let began = Instant::now();
    let status = build.status().expect("cargo runs");
    assert!(status.success(), "{feature} does not build");
    began.elapsed().as_secs_f64()
}

/// Counts the crates that come with it, without the one that asks.
fn crates(feature: &str) -> usize {
    let output = cargo(
        &[
            "tree", "-e", "normal", "--prefix", "none", "--format", "{p}",
        ],
        feature,
    )
    .output()
    .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut names: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

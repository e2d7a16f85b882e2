//! The plot: one bar a server and scenario, as SVG that is readable on light and on dark pages.

use std::fmt::Write as _;
use std::fs;

use crate::report::beside;
use crate::speed::{FRESH, FULL, Measured, Speed, WATCHED, YARDSTICK};

const LEFT: f64 = 190.0;
const UNIT: f64 = 360.0;
const BAR: f64 = 14.0;
const STEP: f64 = 19.0;
const GROUP: f64 = 34.0;
const WIDTH: f64 = 760.0;

pub(crate) const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#333}\
.title{font-weight:600}\
.own{fill:#2f7d4f}.other{fill:#9aa4ad}\
.line,.spread{stroke:#333;stroke-width:1}.line{stroke-dasharray:3 3}\
@media(prefers-color-scheme:dark){\
text{fill:#ddd}.own{fill:#4fb37a}.other{fill:#6b7680}.line,.spread{stroke:#ddd}}";

pub(crate) fn write(speeds: &[Speed], name: &str) {
    fs::write(beside(name), draw(speeds)).expect("the benches' directory can be written");
}

fn draw(speeds: &[Speed]) -> String {
    let (mut marks, mut y) = (String::new(), 24.0);
    push_text(
        &mut marks,
        12.0,
        y,
        "title",
        "Requests a second as a ratio to bare hyper (1.00); lines span all rounds",
    );
    for speed in speeds {
        y += GROUP;
        push_text(&mut marks, 12.0, y, "title", &speed.title);
        y += 8.0;
        let top = y;
        let is_drawn = |(name, _): &&(String, _)| ![YARDSTICK, WATCHED].contains(&&**name);
        for (name, measured) in speed.subjects.iter().filter(is_drawn) {
            push_bar(&mut marks, y, name, measured);
            y += STEP;
        }
        push_line(
            &mut marks,
            "line",
            (LEFT + UNIT, top - 2.0),
            (LEFT + UNIT, y),
        );
    }
    let height = y + 16.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\"><title>Throughput beside bare hyper</title><style>{STYLE}</style>\n\
         {marks}</svg>\n"
    )
}

fn push_bar(marks: &mut String, y: f64, name: &str, measured: &Measured) {
    let ratio = &measured.ratio;
    let class = if [FRESH, FULL].contains(&name) {
        "own"
    } else {
        "other"
    };
    let (end, middle) = (|ratio: f64| LEFT + ratio.min(1.45) * UNIT, y + BAR / 2.0);
    push_text(marks, 24.0, y + 11.5, "name", name);
    let width = end(ratio.median()) - LEFT;
    let _infallible = writeln!(
        marks,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    );
    push_line(
        marks,
        "spread",
        (end(ratio.least()), middle),
        (end(ratio.greatest()), middle),
    );
    let label = format!("{:.2}", ratio.median());
    push_text(
        marks,
        end(ratio.greatest().max(ratio.median())) + 6.0,
        y + 11.5,
        "value",
        &label,
    );
}

pub(crate) fn push_line(marks: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let _infallible = writeln!(
        marks,
        "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    );
}

pub(crate) fn push_text(marks: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _infallible = writeln!(
        marks,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
    );
}

//! The second plot: latency over the number of instances, as SVG that is readable on light and on dark pages.

use std::fmt::Write as _;
use std::fs;

use crate::plot::{STYLE, push_line, push_text};
use crate::report::beside;
use crate::speed::FRESH;
use crate::tail::{Growth, Point};

const LEFT: f64 = 70.0;
const WIDTH: f64 = 760.0;
const RIGHT: f64 = WIDTH - 110.0;
const TOP: f64 = 46.0;
const HEIGHT: f64 = 220.0;
/// Between the plots of two numbers of connections.
const GAP: f64 = 70.0;
/// The least and the greatest power of ten, in microseconds.
const DECADES: (f64, f64) = (1.0, 5.0);

/// A curve of each plot: its name, and its value at a point.
type Curve = (&'static str, fn(&Point) -> f32);

const CURVES: [Curve; 3] = [
    ("p50", |point| point.median),
    ("p99", |point| point.p99),
    ("max", |point| point.greatest),
];

pub(crate) fn write(growths: &[Growth], name: &str) {
    fs::write(beside(name), draw(growths)).expect("the benches' directory can be written");
}

fn draw(growths: &[Growth]) -> String {
    let mut marks = String::new();
    let title =
        "Latency in microseconds while the store grows, from the moment each request was due";
    push_text(&mut marks, 12.0, 20.0, "title", title);
    let mut top = TOP;
    for pair in growths.chunks(2) {
        push_grid(&mut marks, top, pair);
        pair.iter()
            .for_each(|growth| push_curves(&mut marks, top, growth));
        top += HEIGHT + GAP;
    }
    let style = format!(
        "{STYLE}.own,.other{{fill:none;stroke-width:1.5}}.own{{stroke:#2f7d4f}}.other{{stroke:#9aa4ad}}"
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" height=\"{top}\" \
         role=\"img\"><title>{title}</title><style>{style}</style>\n{marks}</svg>\n"
    )
}

fn push_grid(marks: &mut String, top: f64, pair: &[Growth]) {
    let Some(first) = pair.first() else { return };
    let connections = format!(
        "{} connections; green is mock-ce, grey bare hyper",
        first.connections
    );
    push_text(marks, LEFT, top - 8.0, "title", &connections);
    for decade in DECADES.0 as i32..=DECADES.1 as i32 {
        let y = height_of(10f64.powi(decade) as f32, top);
        push_line(marks, "line", (LEFT, y), (RIGHT, y));
        push_text(
            marks,
            12.0,
            y + 4.0,
            "value",
            &format!("{}", 10u32.pow(decade as u32)),
        );
    }
    let made = format!("{} instances", first.count());
    push_text(marks, RIGHT - 60.0, top + HEIGHT + 18.0, "value", &made);
    push_text(marks, LEFT, top + HEIGHT + 18.0, "value", "0");
}

fn push_curves(marks: &mut String, top: f64, growth: &Growth) {
    let class = if growth.name == FRESH { "own" } else { "other" };
    let points = growth.points();
    for (name, value) in CURVES {
        let step = (RIGHT - LEFT) / points.len() as f64;
        let places = points.iter().zip(0..).map(|(point, at)| {
            let x = LEFT + step * (f64::from(at) + 0.5);
            format!("{x:.1},{:.1}", height_of(value(point), top))
        });
        let places: Vec<_> = places.collect();
        let _infallible = writeln!(
            marks,
            "<polyline class=\"{class}\" points=\"{}\"/>",
            places.join(" ")
        );
        if let Some(last) = points.last().filter(|_| class == "own") {
            push_text(
                marks,
                RIGHT + 6.0,
                height_of(value(last), top) + 4.0,
                "value",
                name,
            );
        }
    }
}

/// The height at which a latency stands: decades are equally high.
fn height_of(micros: f32, top: f64) -> f64 {
    let (least, greatest) = DECADES;
    let share = (f64::from(micros).log10() - least) / (greatest - least);
    top + HEIGHT * (1.0 - share.clamp(0.0, 1.0))
}

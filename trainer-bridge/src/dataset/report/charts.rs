//! Charts of a report as SVG text, to be placed into a page. Text takes the colour of the page, so that they suit a light and a dark one.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::statistics::{LENGTH_CLASSES, Statistics};
use super::grouped;

const TRAIN: RGBColor = RGBColor(66, 120, 186);
const VALID: RGBColor = RGBColor(214, 140, 52);
const TEST: RGBColor = RGBColor(96, 153, 102);

/// The colour that stands for the text colour of the page until the SVG is complete.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";

const WIDTH: u32 = 760;
const ROW: u32 = 22;
const LABEL: i32 = 190;
/// Room for the number after a bar.
const NUMBER: i32 = 90;

/// Modules in the chart of coverage.
const MAX_MODULES: usize = 25;

/// A bar of one or more parts with its label.
struct Bar {
    label: String,
    parts: Vec<(u64, RGBColor)>,
    number: String,
}

/// Samples by kind and split.
pub(super) fn kinds(statistics: &Statistics) -> String {
    let mut kinds: Vec<_> = statistics.kinds.iter().collect();
    kinds.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.samples()));
    let bars = kinds.into_iter().map(|(kind, counts)| Bar {
        label: kind.clone(),
        parts: vec![
            (counts.train, TRAIN),
            (counts.valid, VALID),
            (counts.test, TEST),
        ],
        number: grouped(counts.samples()),
    });
    draw(&bars.collect::<Vec<_>>(), None)
}

/// Answers by their length in bytes.
pub(super) fn lengths(statistics: &Statistics) -> String {
    let bars = LENGTH_CLASSES.iter().enumerate().map(|(class, bound)| {
        let count = statistics
            .kinds
            .values()
            .map(|counts| counts.lengths[class])
            .sum();
        let from = if class == 0 {
            0
        } else {
            LENGTH_CLASSES[class - 1]
        };
        let label = if *bound == u64::MAX {
            format!("from {from}")
        } else {
            format!("{from} to {}", bound - 1)
        };
        Bar {
            label,
            parts: vec![(count, TRAIN)],
            number: grouped(count),
        }
    });
    draw(&bars.collect::<Vec<_>>(), None)
}

/// The share of covered files of the modules with the most files.
pub(super) fn modules(statistics: &Statistics) -> String {
    let mut modules: Vec<_> = statistics.coverage.modules.iter().collect();
    modules.sort_by_key(|(id, (_, all))| (std::cmp::Reverse(*all), (*id).clone()));
    modules.truncate(MAX_MODULES);
    let bars = modules.into_iter().map(|(id, (covered, all))| Bar {
        label: id.clone(),
        parts: vec![(covered * 1000 / all.max(&1), TRAIN)],
        number: format!("{covered} of {all}"),
    });
    draw(&bars.collect::<Vec<_>>(), Some(1000))
}

/// Draws horizontal bars. `full` is the value of a bar over the whole width; by default that of the longest one.
fn draw(bars: &[Bar], full: Option<u64>) -> String {
    let mut svg = String::new();
    let height = ROW * bars.len() as u32 + 4;
    let value = |bar: &Bar| bar.parts.iter().map(|(part, _)| part).sum::<u64>();
    let full = full
        .or_else(|| bars.iter().map(value).max())
        .unwrap_or(1)
        .max(1);
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let room = f64::from(WIDTH as i32 - LABEL - NUMBER);
        let label = ("sans-serif", 13).into_font().color(&INK);
        let right = label.pos(Pos::new(HPos::Right, VPos::Center));
        let left = label.pos(Pos::new(HPos::Left, VPos::Center));
        for (at, bar) in bars.iter().enumerate() {
            let top = (ROW * at as u32) as i32 + 4;
            let middle = top + ROW as i32 / 2 - 2;
            let mut start = LABEL;
            // A drawing in memory cannot fail.
            let _ = area.draw_text(&shortened(&bar.label), &right, (LABEL - 8, middle));
            for (part, color) in &bar.parts {
                let end = start + (*part as f64 / full as f64 * room).round() as i32;
                let _ = area.draw(&Rectangle::new(
                    [(start, top), (end, top + ROW as i32 - 6)],
                    color.filled(),
                ));
                start = end;
            }
            let _ = area.draw_text(&bar.number, &left, (start + 6, middle));
        }
        let _ = area.present();
    }
    svg.replace(INK_IN_SVG, "currentColor")
}

fn shortened(label: &str) -> String {
    const MAX: usize = 28;
    let count = label.chars().count();
    if count <= MAX {
        return label.to_owned();
    }
    // The end of a module's id tells it apart.
    format!(
        "…{}",
        label.chars().skip(count - MAX + 1).collect::<String>()
    )
}

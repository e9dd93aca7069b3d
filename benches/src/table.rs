//! Results as tables of Markdown.

use std::fmt::Write as _;

use crate::measure::{Sample, Spread};

/// A table of samples: each in milliseconds and beside the first.
pub fn table(title: &str, samples: &[Sample]) -> String {
    let mut text = format!("\n### {title}\n\n");
    let Some(first) = samples.first() else {
        return text;
    };
    let _ = writeln!(
        text,
        "| | ms: median (quartiles) | times {}: median (quartiles) | rounds |",
        first.name
    );
    text.push_str("|---|---:|---:|---:|\n");
    for sample in samples {
        let ratio = match sample.name == first.name {
            true => "1".to_owned(),
            false => shown(sample.ratio(first)),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {ratio} | {} |",
            sample.name,
            shown(sample.milliseconds()),
            sample.rounds()
        );
    }
    text
}

/// A median with its quartiles.
pub fn shown(spread: Spread) -> String {
    format!(
        "{} ({} – {})",
        number(spread.median),
        number(spread.low),
        number(spread.high)
    )
}

/// Three digits that mean something.
pub fn number(value: f64) -> String {
    match value {
        value if value >= 1000.0 => format!("{value:.0}"),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

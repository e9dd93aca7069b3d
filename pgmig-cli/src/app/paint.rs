//! Colours, and how durations and counts read.

use std::fmt;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
pub(super) const NAME: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

/// Text in a colour, where colours are asked for: by `{:#}`.
pub(super) fn paint(f: &fmt::Formatter<'_>, style: Style, text: impl fmt::Display) -> String {
    if f.alternate() {
        format!("{style}{text}{style:#}")
    } else {
        text.to_string()
    }
}

/// `84 ms`, `1.2 s`, `3 min 20 s`.
pub(super) fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// `5 s`, `12 min`, `3 h 5 min`, `4 d 2 h`.
pub(super) fn age(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// `1 tenant`, `2 tenants`.
pub(super) fn count(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {one}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_in_the_unit_that_fits_it() {
        let read = |millis| time(Duration::from_millis(millis));
        assert_eq!(read(0), "0 ms");
        assert_eq!(read(999), "999 ms");
        assert_eq!(read(1_000), "1.0 s");
        assert_eq!(read(59_999), "59.9 s");
        assert_eq!(read(200_000), "3 min 20 s");
        let ages = [59, 60, 3_599, 3_661, 100_000].map(age);
        assert_eq!(ages, ["59 s", "1 min", "59 min", "1 h 1 min", "1 d 3 h"]);
    }
}

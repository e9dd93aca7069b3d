//! The next version, written as the folder writes its versions.

use std::time::{Duration, SystemTime};

use crate::{Migration, Version};

/// How a folder counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// 1, 2, 3, with as many digits as `width` at least.
    Counter { width: usize },
    /// Year, month, day, hour, minute, second in UTC: `20260131120000`.
    Timestamp,
}

/// How many digits the version has in the migration's file name.
pub(super) fn width(migration: &Migration) -> usize {
    let path = &migration.up.path;
    let file = path
        .rsplit_once('/')
        .map_or(path.as_str(), |(_, file)| file);
    // The letter of Flyway and refinery.
    let digits = file.trim_start_matches(['V', 'U']);
    digits.bytes().take_while(u8::is_ascii_digit).count()
}

impl Style {
    /// As the newest of `migrations` has it.
    pub(super) fn of(migrations: &[Migration]) -> Option<Self> {
        let newest = migrations.last()?;
        let version = newest.version.as_str();
        let first = version.split('.').next().unwrap_or_default();
        Some(if is_timestamp(first) {
            Style::Timestamp
        } else {
            Style::Counter {
                width: width(newest),
            }
        })
    }

    /// The version after `last` (none: the first one).
    pub(super) fn after(self, last: Option<&Version>, now: SystemTime) -> Version {
        let counted = last.map_or_else(|| Version::of(1), Version::successor);
        match self {
            Style::Counter { .. } => counted,
            Style::Timestamp => Version::of(timestamp(now)).max(counted),
        }
    }

    /// The version as a file name has it.
    pub(super) fn write(self, version: &Version) -> String {
        match self {
            Style::Counter { width } => padded(version, width),
            Style::Timestamp => version.to_string(),
        }
    }
}

/// The version with zeros before it, `width` digits in all.
pub(super) fn padded(version: &Version, width: usize) -> String {
    format!("{:0>width$}", version.as_str())
}

/// Whether a version reads as year, month, day, hour, minute and second.
fn is_timestamp(version: &str) -> bool {
    let part = |from: usize, to: usize| version.get(from..to).and_then(|p| p.parse::<u32>().ok());
    version.len() == 14
        && matches!(part(0, 4), Some(1970..))
        && matches!(part(4, 6), Some(1..=12))
        && matches!(part(6, 8), Some(1..=31))
        && matches!(part(8, 10), Some(0..=23))
}

/// The time in UTC as digits, `20260131120000`.
fn timestamp(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.unwrap_or(Duration::ZERO).as_secs();
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let date = (year * 100 + month) * 100 + day;
    ((date * 100 + of_day / 3600) * 100 + of_day / 60 % 60) * 100 + of_day % 60
}

/// Year, month and day of the day that is `days` after 1970-01-01, by Howard Hinnant's
/// `civil_from_days`: years begin in March, so that the leap day is the last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> String {
        timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
    }

    #[test]
    fn a_timestamp_is_the_time_in_utc() {
        assert_eq!(at(0), "19700101000000");
        assert_eq!(at(951_782_399), "20000228235959");
        assert_eq!(at(951_782_400), "20000229000000");
        assert_eq!(at(1_709_251_199), "20240229235959");
        assert_eq!(at(1_735_689_599), "20241231235959");
        assert_eq!(at(4_107_542_400), "21000301000000");
    }

    #[test]
    fn a_timestamp_is_never_before_the_last_version() {
        let last = Version::parse("29990101000000");
        let next = Style::Timestamp.after(last.as_ref(), SystemTime::UNIX_EPOCH);
        assert_eq!(next.as_str(), "29990101000001");
    }

    #[test]
    fn a_counter_goes_on_by_one_and_keeps_its_zeros() {
        let style = Style::Counter { width: 3 };
        for (last, next) in [("9", "010"), ("99", "100"), ("999", "1000"), ("0", "001")] {
            let version = style.after(Version::parse(last).as_ref(), SystemTime::UNIX_EPOCH);
            assert_eq!(style.write(&version), next);
        }
    }
}

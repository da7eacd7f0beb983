//! Parses points in time for filters, in UTC: a date, a date with a time, or an age such as `7d`.

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::parse_borrowed;
use time::{Date, Time};

const DATE: &str = "[year]-[month padding:none]-[day padding:none]";
const TIMES: [&str; 2] = [
    "[hour padding:none]:[minute padding:none]",
    "[hour padding:none]:[minute padding:none]:[second padding:none]",
];

/// Returns milliseconds since 1970; 0 for earlier times.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    parse_at(text, now)
}

fn parse_at(text: &str, now: u64) -> Result<u64, String> {
    let text = text.trim();
    // The parsers below would accept a sign.
    let unsigned = text.starts_with(|c: char| c.is_ascii_digit());
    let parsed = unsigned.then(|| match parse_age(text) {
        Some(age) => Some(now.saturating_sub(age)),
        None => parse_date_time(text),
    });
    parsed.flatten().ok_or_else(|| {
        "write 2026-11-19 or 2026-11-19T10:00, in UTC, or 7d, 12h, 30m for so long ago".to_owned()
    })
}

fn parse_age(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len() - 1)?;
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(u64::from(number).saturating_mul(minutes * 60_000))
}

fn parse_date_time(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time.strip_suffix(['Z', 'z']).unwrap_or(time))),
        None => (text, None),
    };
    let date = Date::parse(date, &parse_borrowed::<2>(DATE).ok()?).ok()?;
    let time = match time {
        Some(time) => TIMES
            .iter()
            .find_map(|format| Time::parse(time, &parse_borrowed::<2>(format).ok()?).ok())?,
        None => Time::MIDNIGHT,
    };
    let seconds = date.with_time(time).assume_utc().unix_timestamp();
    Some(u64::try_from(seconds).unwrap_or(0) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    #[test]
    fn parses_dates_times_and_ages() {
        let day = 1_795_046_400_000;
        for (text, expected) in [
            ("2026-11-19", day),
            ("2026-11-19T10:00", day + 36_000_000),
            ("2026-11-19 10:00", day + 36_000_000),
            ("2026-11-19T10:00:01Z", day + 36_001_000),
            ("1960-01-01", 0),
            ("7d", NOW - 7 * 86_400_000),
            ("12h", NOW - 12 * 3_600_000),
            ("30m", NOW - 30 * 60_000),
            ("2w", NOW - 14 * 86_400_000),
            ("0m", NOW),
            ("4000000000d", 0),
        ] {
            assert_eq!(parse_at(text, NOW), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "d",
            "7",
            "-7d",
            "+7d",
            "7 d",
            "7y",
            "today",
            "2026-13-01",
            "2026-02-30",
            "2026-11",
            "26-11-19",
            "2026-11-19T25:00",
            "2026-11-19T10",
            "2026-11-19T10:00:00:00",
            "2026-11-19-1",
            "99999999999999999999d",
            "ä",
        ] {
            assert!(parse_at(text, NOW).is_err(), "{text}");
        }
    }
}

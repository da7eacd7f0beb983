//! Times as people write them: a day, a day with a time, or how long ago. All in UTC, as they are shown.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{Date, Month, PrimitiveDateTime, Time};

/// Milliseconds since 1970.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    parse_at(text, now)
}

fn parse_at(text: &str, now: u64) -> Result<u64, String> {
    let text = text.trim();
    ago(text)
        .map(|ago| now.saturating_sub(ago))
        .or_else(|| point(text))
        .ok_or_else(|| {
            "write 2026-11-19 or 2026-11-19T10:00, in UTC, or 7d, 12h, 30m for so long ago"
                .to_owned()
        })
}

fn ago(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let number = number(text.strip_suffix(unit)?)?;
    Some(
        u64::from(number)
            .saturating_mul(minutes)
            .saturating_mul(60_000),
    )
}

fn point(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, clock(time)?),
        None => (text, Time::MIDNIGHT),
    };
    let mut parts = date.split('-');
    let year = i32::try_from(number(parts.next().filter(|year| year.len() == 4)?)?).ok()?;
    let month = Month::try_from(u8::try_from(number(parts.next()?)?).ok()?).ok()?;
    let day = u8::try_from(number(parts.next()?)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let date = Date::from_calendar_date(year, month, day).ok()?;
    let seconds = PrimitiveDateTime::new(date, time)
        .assume_utc()
        .unix_timestamp();
    Some(u64::try_from(seconds).unwrap_or(0) * 1_000)
}

fn clock(text: &str) -> Option<Time> {
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let mut parts = text.split(':').map(|part| u8::try_from(number(part)?).ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    Time::from_hms(hour, minute, second).ok()
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    #[test]
    fn times_are_read_as_people_write_them() {
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
    fn what_is_no_time_is_refused() {
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

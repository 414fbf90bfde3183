//! Points in time as policies write them: ISO 8601, or seconds since 1970.
//!
//! Must never: read a clock.

/// Nanoseconds since 1970.
///
/// Source: IAM User Guide, "Condition operators", date operators: "one of the W3C implementations
/// of the ISO 8601 date formats or in epoch (UNIX) time" (rule 20: seconds, mixed freely).
pub(super) fn parse(text: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>()
        && (text.len() != 4 || text.starts_with('-'))
    {
        return Some(i128::from(seconds) * SECOND);
    }
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |m| digits(m, 2))?;
    let day = parts.next().map_or(Some(1), |d| digits(d, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut nanos = i128::from(days(year, month, day)) * 86_400 * SECOND;
    if let Some(time) = time {
        let zone = time.find(['Z', 'z', '+', '-'])?;
        let (clock, zone) = time.split_at(zone);
        nanos += clock_nanos(clock)? - zone_seconds(zone)? * SECOND;
    }
    Some(nanos)
}

/// Writes a point in time back, in whole seconds.
pub(super) fn seconds(nanos: i128) -> String {
    nanos.div_euclid(1_000_000_000).to_string()
}

fn clock_nanos(clock: &str) -> Option<i128> {
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = digits(parts.next()?, 2)?;
    let second = parts.next().map_or(Some(0), |s| digits(s, 2))?;
    if parts.next().is_some() || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut nanos = i128::from((hour * 60 + minute) * 60 + second) * 1_000_000_000;
    if let Some(fraction) = fraction {
        let kept: String = fraction
            .chars()
            .chain("000000000".chars())
            .take(9)
            .collect();
        if fraction.is_empty() {
            return None;
        }
        nanos += i128::from(digits(&kept, 9)?);
    }
    Some(nanos)
}

fn zone_seconds(zone: &str) -> Option<i128> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let rest = zone.get(1..)?;
    let (hour, minute) = match rest.split_once(':') {
        Some((hour, minute)) => (digits(hour, 2)?, digits(minute, 2)?),
        None if rest.len() == 4 => (digits(rest.get(..2)?, 2)?, digits(rest.get(2..)?, 2)?),
        None => (digits(rest, 2)?, 0),
    };
    Some(i128::from(sign * (hour * 60 + minute) * 60))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let plain = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn rule_20_iso_dates_and_epoch_seconds_are_one_scale() {
        let want = Some(1_735_689_600_i128 * 1_000_000_000);
        for text in [
            "1735689600",
            "2025-01-01T00:00:00Z",
            "2025-01-01T00:00Z",
            "2025-01-01",
            "2025-01",
            "2025",
            "2025-01-01T01:30:00.000+01:30",
            "2024-12-31T19:00:00-0500",
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
        assert_eq!(
            parse("2024-02-29"),
            Some(1_709_164_800_i128 * 1_000_000_000)
        );
        for bad in [
            "",
            "soon",
            "2025-13-01",
            "2025-01-01T00:00:00",
            "2025-1-1",
            "25:00",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

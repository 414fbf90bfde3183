//! When an answer came, as far as two answers can be compared.
//!
//! Must never: compare what does not tell the same kind of time.

use std::cmp::Ordering;

/// When an answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// The `at` of an envelope, in UTC: `2026-11-03T10:15:00`, and a fraction if there is one.
    Time(String),
    /// The number of a recording among those of its call in the same folder.
    Nth(u32),
}

impl When {
    /// Reads `2026-11-03T10:15:00Z`; nothing for any other form, so that no two clocks are mixed.
    pub(crate) fn time(text: &str) -> Option<Self> {
        let text = text.trim();
        let utc = text
            .strip_suffix('Z')
            .or_else(|| text.strip_suffix("+00:00"))?;
        let form = b"0000-00-00T00:00:00";
        let bytes = utc.as_bytes();
        let (whole, fraction) = bytes.split_at_checked(form.len())?;
        let fits = whole.iter().zip(form).all(|(c, f)| match f {
            b'0' => c.is_ascii_digit(),
            other => c == other,
        });
        let fraction = fraction.is_empty()
            || (fraction.len() > 1
                && fraction[0] == b'.'
                && fraction[1..].iter().all(u8::is_ascii_digit));
        (fits && fraction).then(|| Self::Time(utc.to_owned()))
    }

    /// Which came first; nothing when that cannot be told.
    pub(crate) fn compared(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Nth(a), Self::Nth(b)) => Some(a.cmp(b)),
            (Self::Time(_), Self::Nth(_)) | (Self::Nth(_), Self::Time(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_of_one_clock_are_compared() {
        let time = |text| When::time(text);
        let old = time("2026-11-03T10:15:00Z").unwrap();
        let new = time("2026-11-03T10:15:00.5+00:00").unwrap();
        assert_eq!(old.compared(&new), Some(Ordering::Less));
        assert_eq!(old.compared(&When::Nth(1)), None);
        for other in [
            "2026-11-03T10:15:00+02:00",
            "2026-11-03",
            "now",
            "2026-11-03T10:15:00",
        ] {
            assert_eq!(time(other), None, "{other}");
        }
    }
}

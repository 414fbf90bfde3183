//! The only clock, and the only chance: when a call was made, and how long to wait before the next.
//!
//! Must never: reach anything but signatures, the `at` of an answer, and pauses.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(20);

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "an inspector says when each call was made, and signatures are for a time"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Now, as `2026-11-25T09:30:00Z`.
pub(crate) fn stamp() -> String {
    let seconds = DateTime::from_secs(DateTime::from(now()).secs());
    seconds.fmt(Format::DateTime).unwrap_or_default()
}

/// A pause before attempt `attempt` (the second is 1): anything up to a bound that doubles, so that
/// callers who were refused together do not come back together.
pub(crate) fn pause(attempt: u32) -> Duration {
    let bound = Duration::from_millis(500)
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(LONGEST);
    // The standard library's hash keys are random: enough chance for a pause.
    let chance = RandomState::new().hash_one(attempt) % 1000;
    let share = u32::try_from(chance).unwrap_or(999) + 1;
    bound.saturating_mul(share) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_their_bound() {
        for attempt in 1..40 {
            let pause = pause(attempt);
            assert!(pause > Duration::ZERO && pause <= LONGEST, "{pause:?}");
        }
    }
}

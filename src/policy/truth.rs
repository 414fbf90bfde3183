//! Kleene's three truth values.
//!
//! Must never: turn the third value into one of the other two.

use std::ops::{BitAnd, BitOr, Not};

/// What is known of a statement: `False < Unknown < True`.
///
/// AND is the minimum, OR the maximum, NOT keeps [`Truth::Unknown`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold, whatever is not known.
    False,
    /// It depends on what is not known.
    #[default]
    Unknown,
    /// It holds, whatever is not known.
    True,
}

impl Truth {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::False, Self::Unknown, Self::True];

    /// The value both agree on, else [`Truth::Unknown`].
    #[must_use]
    pub fn agree(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }

    /// Whether it is certain that it holds.
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Whether it is certain that it does not hold.
    pub fn is_false(self) -> bool {
        self == Self::False
    }

    /// OR over many; [`Truth::False`] for none.
    pub fn any(values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().fold(Self::False, |a, b| a | b)
    }

    /// AND over many; [`Truth::True`] for none.
    pub fn all(values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().fold(Self::True, |a, b| a & b)
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl BitAnd for Truth {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl BitOr for Truth {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    #[test]
    fn the_tables_are_kleenes() {
        assert_eq!((True & Unknown, False & Unknown), (Unknown, False));
        assert_eq!((True | Unknown, False | Unknown), (True, Unknown));
        assert_eq!((!True, !Unknown, !False), (False, Unknown, True));
        for a in Truth::ALL {
            for b in Truth::ALL {
                assert_eq!(!(a & b), !a | !b);
            }
        }
    }
}

//! The condition under which a request is allowed, in its smallest readable form.
//!
//! Must never: leave out a doubt. What is simplified away holds, or fails, whatever is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::condition::Test;
use super::operators::{Family, boolean};

/// How many different atoms are minimized exactly; beyond that, laws of absorption alone.
const EXACT: usize = 6;

/// When a request is allowed: when both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What must hold for it to be granted.
    pub granted: Formula,
    /// What must hold for it not to be denied.
    pub undenied: Formula,
}

impl Condition {
    /// Both in one, as short as it can be.
    pub fn smallest(&self) -> Formula {
        self.granted.clone().and(self.undenied.clone()).smallest()
    }
}

/// A formula over conditions that are not decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Formula {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// A condition, or its opposite.
    Atom(Atom),
    /// All of them.
    All(Vec<Formula>),
    /// One of them at least.
    Any(Vec<Formula>),
}

/// One undecided condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// `StringEquals aws:SourceVpce = vpce-1`; of two opposites the text that sorts first.
    name: String,
    /// How its opposite is written, where IAM has an operator for it.
    opposite: Option<String>,
    /// Whether it must hold, or must not.
    holds: bool,
}

impl Atom {
    /// A line of a condition block.
    ///
    /// `StringEquals` and `StringNotEquals` are opposites for an absent key too (rule 17), and so
    /// are both forms of `Null`; with a set operator or `IfExists` they are not. `ArnEquals` is
    /// `ArnLike` (rule 19).
    fn of(test: &Test) -> Self {
        let Some(operator) = test.operator else {
            return Self::note(&test.text());
        };
        if operator.quantifier.is_some() || operator.if_exists {
            return Self::note(&test.text());
        }
        let (plain, negated) = match operator.family {
            Family::StringEquals => ("StringEquals", "StringNotEquals"),
            Family::StringEqualsIgnoreCase => {
                ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
            }
            Family::StringLike => ("StringLike", "StringNotLike"),
            Family::Ip => ("IpAddress", "NotIpAddress"),
            Family::Arn => ("ArnLike", "ArnNotLike"),
            Family::Null => {
                return match null(test) {
                    Some(asks) => Self {
                        name: format!("Null {} = false", test.key_text),
                        opposite: Some(format!("Null {} = true", test.key_text)),
                        holds: !asks,
                    },
                    None => Self::note(&test.text()),
                };
            }
            Family::Numeric(_) | Family::Date(_) | Family::Bool | Family::Binary => {
                return Self::note(&test.text());
            }
        };
        Self {
            name: test.text_as(plain),
            opposite: Some(test.text_as(negated)),
            holds: !operator.negated,
        }
    }

    /// Something without an opposite of its own.
    fn note(text: &str) -> Self {
        Self {
            name: text.to_owned(),
            opposite: None,
            holds: true,
        }
    }

    fn not(mut self) -> Self {
        self.holds = !self.holds;
        self
    }
}

/// What `Null` asks: `true` for absence. `None` when it asks for both or neither.
fn null(test: &Test) -> Option<bool> {
    let mut values = test.values.iter();
    let only = values.next()?;
    let asks = boolean(only.text())?;
    values.next().is_none().then_some(asks)
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.holds, &self.opposite) {
            (true, _) => f.write_str(&self.name),
            (false, Some(opposite)) => f.write_str(opposite),
            (false, None) => write!(f, "not ({})", self.name),
        }
    }
}

impl Formula {
    pub(super) fn test(test: &Test) -> Self {
        Self::Atom(Atom::of(test))
    }

    pub(super) fn note(text: &str) -> Self {
        Self::Atom(Atom::note(text))
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, other) | (other, Self::True) => other,
            (Self::All(mut a), Self::All(b)) => {
                a.extend(b);
                Self::All(a)
            }
            (Self::All(mut a), b) => {
                a.push(b);
                Self::All(a)
            }
            (a, Self::All(mut b)) => {
                b.insert(0, a);
                Self::All(b)
            }
            (a, b) => Self::All(vec![a, b]),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, other) | (other, Self::False) => other,
            (Self::Any(mut a), Self::Any(b)) => {
                a.extend(b);
                Self::Any(a)
            }
            (Self::Any(mut a), b) => {
                a.push(b);
                Self::Any(a)
            }
            (a, Self::Any(mut b)) => {
                b.insert(0, a);
                Self::Any(b)
            }
            (a, b) => Self::Any(vec![a, b]),
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Atom(atom) => Self::Atom(atom.not()),
            Self::All(parts) => parts
                .into_iter()
                .fold(Self::False, |any, part| any.or(part.not())),
            Self::Any(parts) => parts
                .into_iter()
                .fold(Self::True, |all, part| all.and(part.not())),
        }
    }

    /// An equal formula with as few conditions as is found: exact up to six different ones.
    #[must_use]
    pub fn smallest(&self) -> Self {
        let absorbed = self.absorbed();
        let mut atoms: BTreeMap<String, Atom> = BTreeMap::new();
        absorbed.atoms(&mut atoms);
        if atoms.is_empty() || atoms.len() > EXACT {
            return absorbed;
        }
        let names: Vec<&String> = atoms.keys().collect();
        let rows = 1_usize << names.len();
        let holds = |row: usize| absorbed.value(&|name| bit(row, &names, name));
        let truth: Vec<bool> = (0..rows).map(holds).collect();
        if truth.iter().all(|held| *held) {
            return Self::True;
        }
        if !truth.iter().any(|held| *held) {
            return Self::False;
        }
        let part = |cube: &Cube, as_any: bool| {
            let literals = names.iter().enumerate().filter_map(|(i, name)| {
                let literal = atoms.get(*name)?;
                let sign = cube.sign(i)?;
                let literal = if sign == as_any {
                    literal.clone().not()
                } else {
                    literal.clone()
                };
                Some(Self::Atom(literal))
            });
            if as_any {
                literals.fold(Self::False, Self::or)
            } else {
                literals.fold(Self::True, Self::and)
            }
        };
        let any = cover(&truth, names.len(), true);
        let any = any
            .iter()
            .fold(Self::False, |f, cube| f.or(part(cube, false)));
        let all = cover(&truth, names.len(), false);
        let all = all
            .iter()
            .fold(Self::True, |f, cube| f.and(part(cube, true)));
        let mut best = absorbed;
        for other in [any.factored(), all] {
            if other.size() < best.size() {
                best = other;
            }
        }
        best
    }

    /// How many conditions are written.
    fn size(&self) -> usize {
        match self {
            Self::True | Self::False => 0,
            Self::Atom(_) => 1,
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::size).sum(),
        }
    }

    fn atoms(&self, into: &mut BTreeMap<String, Atom>) {
        match self {
            Self::True | Self::False => {}
            Self::Atom(atom) => {
                let holds = true;
                let positive = Atom {
                    holds,
                    ..atom.clone()
                };
                into.insert(atom.name.clone(), positive);
            }
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.atoms(into)),
        }
    }

    /// The conditions by their names.
    #[cfg(test)]
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut atoms = BTreeMap::new();
        self.atoms(&mut atoms);
        atoms.into_keys().collect()
    }

    /// The name of a single condition, and whether it stands there as it is and not as its opposite.
    #[cfg(test)]
    pub(super) fn named(&self) -> (String, bool) {
        match self {
            Self::Atom(atom) => (atom.name.clone(), atom.holds),
            Self::True | Self::False | Self::All(_) | Self::Any(_) => (String::new(), true),
        }
    }

    pub(super) fn value(&self, of: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::Atom(atom) => of(&atom.name) == atom.holds,
            Self::All(parts) => parts.iter().all(|part| part.value(of)),
            Self::Any(parts) => parts.iter().any(|part| part.value(of)),
        }
    }

    /// Flat, without repetitions, and without what a shorter part makes needless.
    fn absorbed(&self) -> Self {
        let (parts, all) = match self {
            Self::True | Self::False | Self::Atom(_) => return self.clone(),
            Self::All(parts) => (parts, true),
            Self::Any(parts) => (parts, false),
        };
        let start = if all { Self::True } else { Self::False };
        let joined = parts
            .iter()
            .map(Self::absorbed)
            .fold(start, |f, part| if all { f.and(part) } else { f.or(part) });
        let parts = match joined {
            Self::All(parts) if all => parts,
            Self::Any(parts) if !all => parts,
            joined @ (Self::True | Self::False | Self::Atom(_) | Self::All(_) | Self::Any(_)) => {
                return joined;
            }
        };
        let mut kept: Vec<Self> = Vec::new();
        for part in parts {
            if !kept.contains(&part) {
                kept.push(part);
            }
        }
        // `a and (a or b)` is `a`; `a or (a and b)` is `a`.
        let literals: Vec<Self> = kept
            .iter()
            .filter(|part| matches!(part, Self::Atom(_)))
            .cloned()
            .collect();
        kept.retain(|part| {
            let inner = match part {
                Self::Any(inner) if all => inner,
                Self::All(inner) if !all => inner,
                Self::True | Self::False | Self::Atom(_) | Self::All(_) | Self::Any(_) => {
                    return true;
                }
            };
            !inner.iter().any(|i| literals.contains(i))
        });
        kept.into_iter().fold(
            start_of(all),
            |f, part| if all { f.and(part) } else { f.or(part) },
        )
    }

    /// `(a and b) or (a and c)` as `a and (b or c)`.
    fn factored(self) -> Self {
        let Self::Any(parts) = &self else {
            return self;
        };
        let lists: Vec<BTreeSet<&Self>> = parts
            .iter()
            .map(|part| match part {
                Self::All(inner) => inner.iter().collect(),
                Self::True | Self::False | Self::Atom(_) | Self::Any(_) => BTreeSet::from([part]),
            })
            .collect();
        let Some((first, rest)) = lists.split_first() else {
            return self;
        };
        let common: BTreeSet<&Self> = first
            .iter()
            .filter(|literal| rest.iter().all(|list| list.contains(*literal)))
            .copied()
            .collect();
        if common.is_empty() {
            return self;
        }
        let left = lists.iter().map(|list| {
            let rest = list.difference(&common).copied().cloned();
            rest.fold(Self::True, Self::and)
        });
        let left = left.fold(Self::False, Self::or);
        common
            .into_iter()
            .cloned()
            .fold(Self::True, Self::and)
            .and(left)
    }
}

fn start_of(all: bool) -> Formula {
    if all { Formula::True } else { Formula::False }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut join = |parts: &[Self], word: &str| {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Self::All(_) | Self::Any(_) => write!(f, "({part})")?,
                    Self::True | Self::False | Self::Atom(_) => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::All(parts) => join(parts, "and"),
            Self::Any(parts) => join(parts, "or"),
            Self::True => f.write_str("always"),
            Self::False => f.write_str("never"),
            Self::Atom(atom) => atom.fmt(f),
        }
    }
}

fn bit(row: usize, names: &[&String], name: &str) -> bool {
    let place = names.iter().position(|known| *known == name);
    place.is_some_and(|i| row >> i & 1 == 1)
}

/// Some rows of a truth table: those that agree with `value` wherever `care` has a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cube {
    care: usize,
    value: usize,
}

impl Cube {
    fn sign(self, i: usize) -> Option<bool> {
        (self.care >> i & 1 == 1).then_some(self.value >> i & 1 == 1)
    }

    fn covers(self, row: usize) -> bool {
        row & self.care == self.value
    }
}

/// The cheapest cubes, tried greedily after the needed ones, that cover the rows with this truth
/// value and no other: the method of Quine and `McCluskey`.
fn cover(truth: &[bool], width: usize, wanted: bool) -> Vec<Cube> {
    let mut primes: Vec<Cube> = Vec::new();
    // Fewest literals first, so that a cube inside a known prime is never added.
    let mut masks: Vec<usize> = (0..1_usize << width).collect();
    masks.sort_by_key(|mask| (mask.count_ones(), *mask));
    for care in masks {
        for value in (0..truth.len()).filter(|value| value & !care == 0) {
            let cube = Cube { care, value };
            let mut rows = (0..truth.len()).filter(|row| cube.covers(*row));
            let inside = |prime: &Cube| prime.care & care == prime.care && prime.covers(value);
            if rows.all(|row| truth.get(row) == Some(&wanted)) && !primes.iter().any(inside) {
                primes.push(cube);
            }
        }
    }
    let mut left: BTreeSet<usize> = (0..truth.len())
        .filter(|row| truth.get(*row) == Some(&wanted))
        .collect();
    let mut chosen = Vec::new();
    let take = |cube: Cube, left: &mut BTreeSet<usize>, chosen: &mut Vec<Cube>| {
        left.retain(|row| !cube.covers(*row));
        chosen.push(cube);
    };
    for row in left.clone() {
        let mut of_row = primes.iter().filter(|prime| prime.covers(row));
        if let (Some(only), None) = (of_row.next(), of_row.next())
            && !chosen.contains(only)
        {
            take(*only, &mut left, &mut chosen);
        }
    }
    while !left.is_empty() {
        let gain = |prime: &&Cube| {
            let rows = left.iter().filter(|row| prime.covers(**row)).count();
            (rows, std::cmp::Reverse(prime.care.count_ones()))
        };
        // The first of the best, so that the same input gives the same form.
        let Some(best) = primes.iter().rev().max_by_key(gain).copied() else {
            break;
        };
        take(best, &mut left, &mut chosen);
    }
    chosen.sort();
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::Source;

    fn test(operator: &str, key: &str, value: &str) -> Formula {
        Formula::test(&Test::of(operator, key, [value], &Source::new("f", 1, "")))
    }

    fn note(name: &str) -> Formula {
        Formula::note(name)
    }

    #[test]
    fn opposites_are_one_condition() {
        let (is, is_not) = (
            test("StringEquals", "k", "v"),
            test("StringNotEquals", "k", "v"),
        );
        assert_eq!(is.clone().not(), is_not);
        assert_eq!(is_not.clone().not().to_string(), "StringEquals k = v");
        assert_eq!(is.clone().or(is_not.clone()).smallest(), Formula::True);
        assert_eq!(is.clone().and(is_not).smallest(), Formula::False);
        let null = test("Null", "k", "true");
        assert_eq!(null.not(), test("Null", "k", "false"));
        assert_eq!(
            test("ArnEquals", "k", "v").not(),
            test("ArnNotLike", "k", "v")
        );
        // Of these the opposite is not an operator's.
        for operator in [
            "StringEqualsIfExists",
            "ForAnyValue:StringEquals",
            "NumericLessThan",
            "Bool",
        ] {
            let text = test(operator, "k", "1").not().to_string();
            assert_eq!(text, format!("not ({operator} k = 1)"));
        }
    }

    #[test]
    fn a_condition_is_as_short_as_it_can_be() {
        let (a, b, c) = (note("a"), note("b"), note("c"));
        for (formula, want) in [
            (a.clone().and(a.clone().or(b.clone())), "a"),
            (a.clone().or(a.clone().and(b.clone())), "a"),
            (
                a.clone().and(b.clone()).or(a.clone().and(b.clone().not())),
                "a",
            ),
            (
                a.clone().and(b.clone()).or(a.clone().and(c.clone())),
                "a and (b or c)",
            ),
            (
                a.clone().or(b.clone()).and(a.clone().or(c.clone())),
                "a or (b and c)",
            ),
            (a.clone().and(b.clone().or(a.clone().not())), "a and b"),
            (a.clone().not().or(b.clone()).not(), "a and not (b)"),
            (a.clone().and(Formula::True), "a"),
            (a.and(b).and(c).not(), "not (a) or not (b) or not (c)"),
        ] {
            assert_eq!(formula.smallest().to_string(), want, "{formula}");
        }
    }

    fn formula() -> impl Strategy<Value = Formula> {
        let leaf = prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(note);
        leaf.prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(Formula::not),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
                (inner.clone(), inner).prop_map(|(a, b)| a.or(b)),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_smallest_form_says_the_same_and_is_never_longer(formula in formula()) {
            let small = formula.smallest();
            prop_assert!(small.size() <= formula.size());
            for row in 0..32_usize {
                let of = |name: &str| row >> (name.as_bytes()[0] - b'a') & 1 == 1;
                prop_assert_eq!(formula.value(&of), small.value(&of), "{} {}", formula, small);
            }
        }
    }
}

//! How surely a connection is admitted, by what, and what keeps it from being certain.
//!
//! Must never: let a doubt make an answer surer.

use crate::capture::Source;
use crate::estate::Estate;
use crate::facts::{Evidence, Note, NoteKind};
use crate::reach::Strength;

/// Whether, why and with which doubts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admission {
    /// How surely.
    pub strength: Strength,
    /// What admits; where nothing does, what stands in the way, as far as one thing does.
    pub evidence: Vec<Evidence>,
    /// Why not surely.
    pub notes: Vec<Note>,
}

impl Admission {
    /// Admitted without a reason that could be named.
    pub(super) fn yes() -> Self {
        Self::surely(Vec::new())
    }

    /// Admitted by these.
    pub(super) fn surely(evidence: Vec<Evidence>) -> Self {
        Self {
            strength: Strength::Always,
            evidence,
            notes: Vec::new(),
        }
    }

    /// Not admitted, because of these.
    pub(super) fn no(evidence: Vec<Evidence>) -> Self {
        Self {
            evidence,
            ..Self::default()
        }
    }

    /// As sure as `strength`, because of one doubt.
    pub(super) fn doubtful(strength: Strength, kind: NoteKind, text: String) -> Self {
        Self::yes().weakened(strength, kind, text)
    }

    /// A way that may stand in input that was not collected.
    pub fn gap(text: String) -> Self {
        Self::doubtful(Strength::Gap, NoteKind::NotCollected, text)
    }

    /// A guard that was not collected and may block.
    pub(super) fn unread_guard(text: String) -> Self {
        Self::doubtful(Strength::Conditional, NoteKind::NotCollected, text)
    }

    pub(super) fn weakened(mut self, to: Strength, kind: NoteKind, text: String) -> Self {
        if self.strength > to {
            self.strength = to;
            self.notes.push(Note {
                kind,
                text,
                source: None,
            });
        }
        self
    }

    /// The same, with the place of the doubt.
    pub(super) fn at(mut self, source: &Source) -> Self {
        if let Some(note) = self.notes.last_mut() {
            note.source = Some(source.clone());
        }
        self
    }

    pub(super) fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Both are needed.
    pub(super) fn and(mut self, other: Self) -> Self {
        match (self.strength, other.strength) {
            (Strength::Never, _) => self,
            (_, Strength::Never) => other,
            (Strength::Gap | Strength::Conditional | Strength::Always, weaker) => {
                self.strength = self.strength.min(weaker);
                for evidence in other.evidence {
                    if !self.evidence.contains(&evidence) {
                        self.evidence.push(evidence);
                    }
                }
                for note in other.notes {
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
                self
            }
        }
    }

    /// One of them is enough. The first when they are equal, so that order decides nothing else; a
    /// reason for *no* is kept rather than none.
    pub(super) fn or(self, other: Self) -> Self {
        let reason = self.evidence.is_empty() && !other.evidence.is_empty();
        let both_no = self.strength == Strength::Never && other.strength == Strength::Never;
        if other.strength > self.strength || both_no && reason {
            other
        } else {
            self
        }
    }

    pub(super) fn is_sure(&self) -> bool {
        self.strength == Strength::Always
    }

    pub(super) fn is_no(&self) -> bool {
        self.strength == Strength::Never
    }
}

/// The best of several; stops at the first certain one.
pub(super) fn best(all: impl IntoIterator<Item = Admission>) -> Admission {
    let mut best = Admission::default();
    for one in all {
        best = best.or(one);
        if best.is_sure() {
            break;
        }
    }
    best
}

/// The name of a missing list, one for all that misses it.
pub(super) fn missing(call: &str, account: &str, region: &str) -> String {
    match (account, region) {
        ("", "") => call.to_owned(),
        ("", region) => format!("{call} in {region}"),
        (account, "") => format!("{call} of account {account}"),
        (account, region) => format!("{call} of account {account} in {region}"),
    }
}

/// Whether `catchment.toml` makes this assumption, and where.
pub(super) fn assumed<'e>(estate: &'e Estate, what: &str, value: &str) -> Option<&'e Source> {
    let (said, source) = estate.config.assume.get(what)?;
    (said == value).then_some(source)
}

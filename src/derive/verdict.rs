//! Verdicts on requests, what they rest on, and what a refused one lacks.
//!
//! Must never: decide; it words what the policy engine decided.

use crate::capture::Source;
use crate::estate::Origin;
use crate::facts::{Evidence, Note};
use crate::policy::{Decision, LayerKind};
use crate::reach::Strength;

/// What became of one request, or of several together.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) strength: Strength,
    pub(super) evidence: Vec<Evidence>,
    pub(super) notes: Vec<Note>,
    /// For *never*: what is missing, when it is a single thing.
    pub(super) shortfall: Option<Shortfall>,
    /// Whether a condition that was looked at reads the network position.
    pub(super) by_position: bool,
}

/// What one refused request lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shortfall {
    /// `kms:Decrypt on KEY: no key policy statement grants it`.
    pub(super) text: String,
    /// Whether everything was granted and a deny alone stands in the way.
    pub(super) denied: bool,
    /// Whether one of several layers that must each grant is all that is missing: the other
    /// account's side, a key policy, a boundary.
    pub(super) one_side: bool,
    /// The statement that denies.
    pub(super) source: Option<Source>,
}

impl Verdict {
    /// What holds when nothing was asked.
    pub(super) fn certain() -> Self {
        Self {
            strength: Strength::Always,
            evidence: Vec::new(),
            notes: Vec::new(),
            shortfall: None,
            by_position: false,
        }
    }

    pub(super) fn never() -> Self {
        Self {
            strength: Strength::Never,
            ..Self::certain()
        }
    }

    pub(super) fn gap(text: String) -> Self {
        Self {
            strength: Strength::Gap,
            notes: vec![Note::not_collected(text)],
            ..Self::certain()
        }
    }

    /// Both must hold.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.strength = self.strength & other.strength;
        self.evidence.extend(other.evidence);
        self.notes.extend(other.notes);
        self.by_position |= other.by_position;
        self.shortfall = self.shortfall.or(other.shortfall);
        self
    }
}

/// A statement of a policy: captured, or published by a model.
pub(super) fn statement(says: String, source: &Source) -> Evidence {
    if source.file().starts_with("graphs/") {
        let origin = Origin::Assumed {
            why: "published with the platform".to_owned(),
            at: source.clone(),
        };
        return Evidence::description(says, origin);
    }
    Evidence::statement(says, source.clone())
}

/// What a refused request lacks. `within` says that the caller's own policies are known and that
/// they alone would have done, so that their silence is nothing special.
pub(super) fn shortfall(decision: &Decision, asks: &str, within: bool) -> Shortfall {
    if decision.without_denies > Strength::Never {
        let source = decision.evidence.first().map(|found| found.source.clone());
        let place = source
            .as_ref()
            .map(|s| format!(" by {s}"))
            .unwrap_or_default();
        return Shortfall {
            text: format!("{asks}: denied{place}"),
            denied: true,
            one_side: false,
            source,
        };
    }
    let text = match decision.ungranted {
        Some(layer) => format!("{asks}: no {} statement grants it", layer_words(layer)),
        None => format!("{asks}: nothing grants it"),
    };
    Shortfall {
        text,
        denied: false,
        one_side: !within && decision.ungranted.is_some(),
        source: None,
    }
}

pub(super) fn layer_words(layer: LayerKind) -> &'static str {
    match layer {
        LayerKind::Identity => "identity policy",
        LayerKind::Boundary => "permissions boundary",
        LayerKind::Session => "session policy",
        LayerKind::Scp => "service control policy",
        LayerKind::Rcp => "resource control policy",
        LayerKind::Resource => "resource policy",
        LayerKind::Trust => "trust policy",
        LayerKind::Key => "key policy",
        LayerKind::Grant => "grant of the key",
        LayerKind::Sharing => "sharing of the snapshot",
        LayerKind::Origin => "network origin of the access point",
        LayerKind::Endpoint => "endpoint policy",
    }
}

//! Answers one case.
//!
//! Must never: stop at a case that cannot be read.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::case::{Case, Id, Malformed, Remark};
use super::defaults::Defaults;
use crate::capture::json::Node;
use crate::policy::{
    Condition, Decision, Effect, Evidence, Formula, LayerKind, Residual, decide, explain,
};
use crate::reach::Strength;

/// The answer in the words of AWS's simulator, and a fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// Allowed, whatever is not known.
    Allowed,
    /// A statement denies.
    ExplicitlyDenied,
    /// Nothing allows.
    ImplicitlyDenied,
    /// It depends on what is not known.
    Conditional,
}

impl Outcome {
    /// The outcome of a decision.
    pub fn of(decision: &Decision) -> Self {
        match decision.strength {
            Strength::Always => Self::Allowed,
            Strength::Conditional | Strength::Gap => Self::Conditional,
            Strength::Never if decision.evidence.iter().any(|e| e.effect == Effect::Deny) => {
                Self::ExplicitlyDenied
            }
            Strength::Never => Self::ImplicitlyDenied,
        }
    }

    /// The same, where a condition says more: one that holds, or fails, whatever is unknown.
    fn settled(self, condition: &Condition) -> Self {
        match self {
            Self::Allowed | Self::ExplicitlyDenied | Self::ImplicitlyDenied => self,
            Self::Conditional => match condition.smallest() {
                Formula::True => Self::Allowed,
                Formula::False if condition.granted.smallest() == Formula::False => {
                    Self::ImplicitlyDenied
                }
                Formula::False => Self::ExplicitlyDenied,
                Formula::Atom(_) | Formula::All(_) | Formula::Any(_) => Self::Conditional,
            },
        }
    }
}

/// The answer to one case.
#[derive(Clone, Debug)]
pub struct Answer {
    id: Id,
    told: Result<(Outcome, Option<Explanation>), Malformed>,
    /// What is not as it should be in the case.
    pub remarks: Vec<Remark>,
}

impl Answer {
    /// The outcome, when the case could be decided.
    pub fn outcome(&self) -> Option<Outcome> {
        self.told.as_ref().ok().map(|(outcome, _)| *outcome)
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        // Strings alone are written, which cannot fail; an empty line would be no answer.
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.id {
            Id::None => map.serialize_entry("id", &())?,
            Id::Text(text) => map.serialize_entry("id", text)?,
            Id::Number(text) => {
                let number: Option<serde_json::Number> = serde_json::from_str(text).ok();
                map.serialize_entry("id", &number)?;
            }
        }
        match &self.told {
            Ok((outcome, explanation)) => {
                map.serialize_entry("result", outcome)?;
                if let Some(explanation) = explanation {
                    map.serialize_entry("explain", explanation)?;
                }
            }
            Err(malformed) => map.serialize_entry("error", &malformed.to_string())?,
        }
        map.end()
    }
}

/// What an answer rests on.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// How surely the request is allowed: `always`, `conditional`, `gap` or `never`.
    strength: &'static str,
    /// What must hold for it to be allowed, in the smallest form that was found.
    condition: String,
    /// The statements that decide: one allow for each layer that needs one, or the deny.
    deciding: Vec<Deciding>,
    /// The statements that are undecided, and on what.
    residual: Vec<Open>,
    /// Layers that deny or grant nothing: all of them would have to change.
    blocked_by: Vec<&'static str>,
    /// The condition keys that are not known and that a statement asks for.
    unknown: Vec<String>,
    /// What cannot be read in the case, or has no say.
    remarks: Vec<Told>,
}

#[derive(Clone, Debug, Serialize)]
struct Deciding {
    layer: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    line: u32,
    at: String,
}

#[derive(Clone, Debug, Serialize)]
struct Open {
    layer: &'static str,
    effect: &'static str,
    only_if: String,
    line: u32,
    at: String,
}

#[derive(Clone, Debug, Serialize)]
struct Told {
    at: String,
    message: String,
}

/// Answers the case that stands on one line.
pub fn answer(text: &[u8], line: u32, defaults: &Defaults, explains: bool) -> Answer {
    let malformed = |id, error: Malformed| Answer {
        id,
        told: Err(error),
        remarks: Vec::new(),
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return malformed(Id::None, Malformed::new("the line is not UTF-8"));
    };
    let text = text.trim_start_matches('\u{feff}');
    let node = match Node::parse_line(&Arc::from("-"), line, text) {
        Ok(node) => node,
        Err(error) => return malformed(Id::None, Malformed::new(error.to_string())),
    };
    let id = Id::of(&node);
    let case = match Case::read(&node, defaults) {
        Ok(case) => case,
        Err(error) => return malformed(id, error),
    };
    let decision = case.with(decide);
    let outcome = Outcome::of(&decision);
    // Most cases are decided; only the others, and what is to be explained, are asked twice.
    let told = if explains || outcome == Outcome::Conditional {
        let (decision, condition) = case.with(explain);
        let outcome = outcome.settled(&condition);
        let explanation = explains.then(|| explanation(&case, &decision, outcome, &condition));
        (outcome, explanation)
    } else {
        (outcome, None)
    };
    Answer {
        id,
        told: Ok(told),
        remarks: case.remarks,
    }
}

fn explanation(
    case: &Case,
    decision: &Decision,
    outcome: Outcome,
    condition: &Condition,
) -> Explanation {
    let remarks = case.remarks.iter().map(|remark| Told {
        at: remark.at.clone(),
        message: remark.message.clone(),
    });
    let condition = match outcome {
        Outcome::Allowed => Formula::True,
        Outcome::ExplicitlyDenied | Outcome::ImplicitlyDenied => Formula::False,
        Outcome::Conditional => condition.smallest(),
    };
    Explanation {
        strength: match outcome {
            Outcome::Allowed => Strength::Always.word(),
            Outcome::ExplicitlyDenied | Outcome::ImplicitlyDenied => Strength::Never.word(),
            Outcome::Conditional => decision.strength.word(),
        },
        condition: condition.to_string(),
        deciding: decision.evidence.iter().map(deciding).collect(),
        residual: decision.residual.iter().map(open).collect(),
        blocked_by: decision
            .blocked_by
            .iter()
            .map(|kind| layer(*kind))
            .collect(),
        unknown: case.unknown(&decision.keys),
        remarks: remarks.collect(),
    }
}

fn deciding(evidence: &Evidence) -> Deciding {
    Deciding {
        layer: layer(evidence.layer),
        effect: effect(evidence.effect),
        sid: evidence.sid.clone(),
        line: evidence.source.line(),
        at: evidence.source.pointer().to_owned(),
    }
}

fn open(residual: &Residual) -> Open {
    Open {
        layer: layer(residual.layer),
        effect: effect(residual.effect),
        only_if: residual.text.clone(),
        line: residual.source.line(),
        at: residual.source.pointer().to_owned(),
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    }
}

/// The member of a case that a layer comes from.
fn layer(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Identity => "identityPolicies",
        LayerKind::Boundary => "permissionBoundary",
        LayerKind::Session => "sessionPolicy",
        LayerKind::Scp => "scps",
        LayerKind::Rcp => "rcps",
        LayerKind::Resource
        | LayerKind::Trust
        | LayerKind::Key
        | LayerKind::Grant
        | LayerKind::Sharing
        | LayerKind::Origin => "resourcePolicy",
        LayerKind::Endpoint => "vpcEndpointPolicies",
    }
}

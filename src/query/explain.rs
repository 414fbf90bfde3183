//! Why a principal reads an asset, or what single thing it is short of.

use super::answer::Explain;
use super::view::{Asset, View};
use crate::estate::Outcome;
use crate::reach::Strength;

/// The proofs of each distinct route, or the near misses.
///
/// # Panics
/// When `lane` is not a principal of this view.
pub fn explain(view: &View, lane: usize, asset: &Asset) -> Explain {
    let strength = view.strength(lane, asset);
    let routes = view.routes(lane, asset);
    Explain {
        header: view.header("catchment.explain/1"),
        principal: view.derivation.principals[lane].name.clone(),
        asset: asset.name.clone(),
        strength,
        proofs: routes.iter().map(|found| view.proof(lane, found)).collect(),
        lacks: match strength {
            Strength::Never => view.lacks(lane, asset),
            Strength::Gap | Strength::Conditional | Strength::Always => Vec::new(),
        },
        may_also_be: view.may_also_be(lane, asset, strength),
    }
}

impl View {
    /// Readers that anybody may turn out to be: whoever an unread policy names, and anonymous.
    /// While there is one, a *never* is not the whole truth (law 1).
    pub(super) fn may_also_be(
        &self,
        lane: usize,
        asset: &Asset,
        strength: Strength,
    ) -> Vec<String> {
        let principals = self.derivation.principals.iter().enumerate();
        let open = principals.filter(|(other, principal)| {
            *other != lane
                && matches!(principal.kind, "whoever" | "anonymous")
                && self.strength(*other, asset) > strength
        });
        let mut open: Vec<String> = open
            .map(|(other, principal)| {
                format!(
                    "{} ({})",
                    principal.name,
                    self.strength(other, asset).word()
                )
            })
            .collect();
        if strength == Strength::Never {
            open.extend(self.unlisted_credentials(asset));
        }
        open
    }

    /// Where secrets were not listed, whoever reads one of them may hold the credential of a Kafka
    /// principal that reads the asset.
    fn unlisted_credentials(&self, asset: &Asset) -> Option<String> {
        let call = "secretsmanager:ListSecrets";
        let calls = self.estate.coverage.calls.iter();
        let (missing, _) = calls
            .filter(|(expected, _)| expected.call == call)
            .find(|(_, outcome)| !matches!(outcome, Outcome::Ok | Outcome::Absent))?;
        let principals = self.derivation.principals.iter().enumerate();
        let mut readers = principals.filter(|(lane, principal)| {
            principal.kind == "kafka-principal" && self.strength(*lane, asset) > Strength::Never
        });
        let (_, reader) = readers.next()?;
        Some(format!(
            "whoever finds the credential of {}, or of another reader, in a secret that was not \
             listed ({call}, account {}) (gap)",
            reader.name, missing.account
        ))
    }
}

//! An estate under one model, with its rules derived and reach computed: what questions are
//! asked of.

use std::collections::BTreeMap;
use std::fmt;

use super::answer::{Header, Limit};
use crate::derive::{Derivation, Principal, derive};
use crate::estate::{Estate, Origin, Ownership, Seen};
use crate::facts::{Kind, NoteKind, Predicate};
use crate::models::{Model, ProjectionError, project};
use crate::policy::Glob;
use crate::reach::{FactIx, ReachTable, Start, Strength, lanes};
use crate::rules::Row;

/// Named event data: some topics.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name.
    pub name: String,
    /// Its topics, with the fact of reading each.
    pub topics: BTreeMap<String, FactIx>,
    /// Principals that are meant to read it.
    pub intended: Vec<String>,
}

/// An estate under one model, ready for questions.
#[derive(Debug)]
pub struct View {
    /// The estate as it is, or would be, under the model.
    pub estate: Estate,
    /// Its rules.
    pub derivation: Derivation,
    /// The assets, by name.
    pub assets: Vec<Asset>,
    /// The rows behind the rules.
    pub(super) rows: Vec<Row>,
    pub(super) lanes: Vec<Vec<Start>>,
    /// The principal that everyone may act as, when something is open to it.
    pub(super) anonymous: Option<usize>,
    reach: ReachTable,
    model: String,
    capture: String,
}

/// Why a view cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The estate cannot be projected onto the model.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The projected platform could not work.
    #[error("{0}")]
    Unworkable(String),
}

/// A name on the command line that the estate does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: String,
    like: Vec<String>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} `{}` in this capture", self.what, self.name)?;
        match self.like.as_slice() {
            [] => Ok(()),
            like => write!(f, "; there is: {}", like.join(", ")),
        }
    }
}

impl std::error::Error for UnknownName {}

impl View {
    /// The estate under `target`, or under the model it runs.
    ///
    /// # Errors
    /// When the estate cannot be moved onto the model, or its brokers could not work there.
    pub fn new(
        capture: &str,
        estate: &Estate,
        models: &[Model],
        rows: Vec<Row>,
        target: Option<&Model>,
    ) -> Result<Self, ViewError> {
        let projected = project(estate, models, target)?;
        let derivation = derive(&projected, &rows);
        let lanes_in: Vec<Vec<Start>> = derivation.principals.iter().map(Principal::lane).collect();
        let assets = assets(&projected, &derivation);
        let left_behind = derivation
            .facts
            .iter()
            .filter(|(_, fact)| fact.predicate.is_left_behind());
        let goals = derivation
            .topics
            .values()
            .copied()
            .chain(left_behind.map(|(index, _)| index));
        let goals: Vec<FactIx> = goals.collect();
        let reach = lanes(&derivation.table, &lanes_in, &goals);
        let mut ids: Vec<&str> = projected
            .clusters
            .values()
            .map(|c| c.model.as_str())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let anonymous = derivation
            .principals
            .iter()
            .position(|p| p.kind == "anonymous");
        let model = match (target, ids.is_empty()) {
            (Some(target), true) => target.id.clone(),
            (None, true) => "no deployment model: it holds no Kafka cluster".to_owned(),
            (_, false) => ids.join(", "),
        };
        let view = Self {
            model,
            capture: capture.to_owned(),
            estate: projected,
            derivation,
            assets,
            rows,
            anonymous,
            lanes: lanes_in,
            reach,
        };
        if target.is_some() {
            view.check_brokers()?;
        }
        Ok(view)
    }

    /// A platform whose brokers cannot read their own log is no platform (law 9).
    fn check_brokers(&self) -> Result<(), ViewError> {
        let things = &self.derivation.things;
        for cluster in self.estate.clusters.values() {
            let assumed = |origin: &Origin| matches!(origin, Origin::Assumed { .. });
            let buckets = cluster
                .buckets
                .iter()
                .filter(|(_, link)| assumed(&link.origin));
            for (role, link) in buckets {
                let reads = things
                    .find(Kind::Bucket, &link.to)
                    .and_then(|bucket| self.derivation.facts.find(Predicate::Reads, bucket));
                for broker in cluster.data_brokers() {
                    let Some(host) = &broker.host else {
                        continue;
                    };
                    let lane = self.derivation.principals.iter().position(|principal| {
                        things.get(principal.thing).kind == Kind::Host
                            && things.get(principal.thing).id == host.to
                    });
                    let Some(lane) = lane else {
                        continue;
                    };
                    let strength = reads.map_or(Strength::Never, |fact| {
                        crate::reach::single(&self.derivation.table, &self.lanes[lane])
                            [fact.index()]
                    });
                    if strength == Strength::Never {
                        return Err(ViewError::Unworkable(format!(
                            "under `{}` broker {} of {} could not read its own log: its role may \
                             not read the {role} bucket {}; check the parameters under \
                             `[model.{}]` in catchment.toml, the bucket policy and the key policy",
                            cluster.model, broker.id, cluster.name, link.to, cluster.model
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    /// What answers begin with.
    pub(super) fn header(&self, format: &str) -> Header {
        let mut limits: BTreeMap<&str, usize> = BTreeMap::new();
        for rule in &self.derivation.rules {
            for note in rule
                .notes
                .iter()
                .filter(|note| note.kind == NoteKind::NotCollected)
            {
                *limits.entry(&note.text).or_default() += 1;
            }
        }
        // What outsiders' own organizations allow can never be collected, and is no gap of the
        // capture.
        let outside = |input: &str| {
            input
                .strip_prefix("service control policies of ")
                .is_some_and(|of| {
                    !of.strip_prefix("account ")
                        .is_some_and(|id| self.estate.accounts.contains_key(id))
                })
        };
        limits.retain(|input, _| !outside(input));
        let limits = limits.into_iter().map(|(input, rules)| Limit {
            input: input.to_owned(),
            rules,
        });
        let mut limits: Vec<Limit> = limits.collect();
        limits.sort_by(|a, b| b.rules.cmp(&a.rules).then_with(|| a.input.cmp(&b.input)));
        Header {
            format: format.to_owned(),
            capture: self.capture.clone(),
            model: self.model.clone(),
            limits,
            not_read: self.not_read(),
        }
    }

    /// Grants that live outside every policy, for the kinds of holder that this estate has.
    /// `docs/modelled.md` lists them as *narrow*.
    fn not_read(&self) -> Vec<String> {
        let estate = &self.estate;
        let clusters = || estate.clusters.values();
        let buckets: Vec<_> = clusters()
            .flat_map(|c| c.buckets.values())
            .filter_map(|b| estate.buckets.get(&b.to))
            .collect();
        let disks = clusters().any(|c| {
            !c.retired_volumes.is_empty() || c.brokers.values().any(|b| !b.volumes.is_empty())
        });
        let enforced = Seen::Is(Ownership::BucketOwnerEnforced);
        let mut not_read = Vec::new();
        if buckets.iter().any(|b| b.settings.ownership != enforced) {
            not_read.push("ACLs of single objects".to_owned());
        }
        if disks {
            not_read.push("copies of snapshots, and images".to_owned());
        }
        if estate
            .accounts
            .values()
            .any(|account| account.identities_read)
        {
            not_read.push("rights to change identity and trust policies".to_owned());
        }
        not_read
    }

    /// How surely a principal, by number, holds a fact: reading a topic, or an effect left behind.
    pub(super) fn holds(&self, lane: usize, fact: FactIx) -> Strength {
        self.reach.get(lane, fact)
    }

    /// How surely a principal, by number, reads an asset: as its best topic (law 8). What it reads
    /// only as everyone does counts for `anonymous` alone.
    pub fn strength(&self, lane: usize, asset: &Asset) -> Strength {
        let best = |lane: usize| {
            let topics = asset.topics.values();
            topics
                .map(|topic| self.holds(lane, *topic))
                .max()
                .unwrap_or_default()
        };
        let strength = best(lane);
        let shared = self
            .anonymous
            .is_some_and(|anonymous| anonymous != lane && best(anonymous) > Strength::Never);
        if strength == Strength::Never || !shared {
            return strength;
        }
        let own = self
            .routes(lane, asset)
            .into_iter()
            .map(|route| route.witness.strength());
        own.max().unwrap_or_default()
    }

    /// The asset of that name.
    ///
    /// # Errors
    /// When there is none, naming those there are.
    pub fn asset(&self, name: &str) -> Result<&Asset, UnknownName> {
        self.assets
            .iter()
            .find(|asset| asset.name == name)
            .ok_or_else(|| UnknownName {
                what: "asset",
                name: name.to_owned(),
                like: similar(name, self.assets.iter().map(|asset| asset.name.as_str())),
            })
    }

    /// The one principal whose last name, behind every `/`, contains the text.
    fn by_part(&self, text: &str) -> Option<usize> {
        let principals = self.derivation.principals.iter().enumerate();
        let mut fitting = principals.filter(|(_, principal)| {
            let last = principal.name.rsplit('/').next().unwrap_or_default();
            principal.kind != "whoever" && last.contains(text)
        });
        match (fitting.next(), fitting.next()) {
            (Some((lane, _)), None) if !text.is_empty() => Some(lane),
            _ => None,
        }
    }

    /// The number of the principal that goes by that name: as tables show it, or by the last part
    /// of its ARN when only one principal ends so.
    ///
    /// # Errors
    /// When there is none, or more than one, naming those that come close.
    pub fn principal(&self, name: &str) -> Result<usize, UnknownName> {
        let principals = &self.derivation.principals;
        if let Some(exact) = principals
            .iter()
            .position(|principal| principal.name == name)
        {
            return Ok(exact);
        }
        let ends = |full: &str| {
            let tail = full.strip_suffix(name);
            tail.is_some_and(|before| before.ends_with(['/', ':', ' ']))
        };
        let mut short = principals.iter().enumerate().filter(|(_, p)| ends(&p.name));
        match (short.next(), short.next()) {
            (Some((lane, _)), None) => Ok(lane),
            (Some(_), Some(_)) => Err(UnknownName {
                what: "single principal",
                name: name.to_owned(),
                like: principals
                    .iter()
                    .filter(|p| ends(&p.name))
                    .map(|p| p.name.clone())
                    .collect(),
            }),
            (None, _) => match self.by_part(name) {
                Some(lane) => Ok(lane),
                None => Err(UnknownName {
                    what: "principal",
                    name: name.to_owned(),
                    like: similar(name, principals.iter().map(|p| p.name.as_str())),
                }),
            },
        }
    }
}

/// Up to eight names that share the most with what was typed.
fn similar<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut scored: Vec<(usize, &str)> = known
        .map(|known| {
            let other = known.to_lowercase();
            let shared = if other.contains(&lower) || lower.contains(&other) {
                100
            } else {
                other
                    .chars()
                    .rev()
                    .zip(lower.chars().rev())
                    .take_while(|(a, b)| a == b)
                    .count()
                    + other
                        .chars()
                        .zip(lower.chars())
                        .take_while(|(a, b)| a == b)
                        .count()
            };
            (shared, known)
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(8)
        .map(|(_, known)| known.to_owned())
        .collect()
}

/// Assets of `catchment.toml`, then every topic that none of them covers.
fn assets(estate: &Estate, derivation: &Derivation) -> Vec<Asset> {
    let several = estate.clusters.len() > 1;
    let mut covered = std::collections::BTreeSet::new();
    let mut assets = Vec::new();
    for named in &estate.config.assets {
        let globs: Vec<Glob> = named.topics.iter().map(|text| Glob::new(text)).collect();
        let topics = derivation.topics.iter().filter(|(id, _)| {
            let (cluster, topic) = id.split_once('/').unwrap_or(("", id));
            named
                .cluster
                .as_deref()
                .is_none_or(|wanted| wanted == cluster)
                && globs.iter().any(|glob| glob.matches(topic))
        });
        let topics: BTreeMap<String, FactIx> =
            topics.map(|(id, fact)| (id.clone(), *fact)).collect();
        covered.extend(topics.keys().cloned());
        assets.push(Asset {
            name: named.name.clone(),
            topics,
            intended: named.intended.clone(),
        });
    }
    for (id, fact) in &derivation.topics {
        if covered.contains(id) {
            continue;
        }
        let short = id.split_once('/').map_or(id.as_str(), |(_, topic)| topic);
        assets.push(Asset {
            name: if several {
                id.clone()
            } else {
                short.to_owned()
            },
            topics: BTreeMap::from([(id.clone(), *fact)]),
            intended: Vec::new(),
        });
    }
    assets
}

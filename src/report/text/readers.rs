//! Readers as text: who, what and compare.
//!
//! What is the same for several assets is told once, with their names.

use std::collections::BTreeSet;

use super::{BAD, DOUBT, FAINT, GOOD, KINDS, TITLE, Text, counted, grouped, some, styled};
use crate::query::{AssetChange, Change, ChangeKind, Compare, Lack, NearMiss, Reader, What, Who};
use crate::reach::Strength;
use crate::report::escape::plain;
use crate::report::{Answer, Markdown};

/// One telling that holds for several assets.
struct Shared<'a, T> {
    telling: &'a T,
    assets: Vec<&'a str>,
}

/// Puts together what is told alike for several assets, in the order of the first telling.
fn share<'a, T>(
    told: impl Iterator<Item = (&'a str, &'a T)>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Shared<'a, T>> {
    let mut shared: Vec<Shared<'a, T>> = Vec::new();
    for (asset, telling) in told {
        match shared.iter_mut().find(|known| same(known.telling, telling)) {
            Some(known) => known.assets.push(asset),
            None => shared.push(Shared {
                telling,
                assets: vec![asset],
            }),
        }
    }
    shared
}

/// Names some of all assets: `all 8 assets`, `all but audit`, or each of them.
fn name_assets(some: &[&str], all: &[&str]) -> String {
    let left: Vec<&str> = all
        .iter()
        .filter(|asset| !some.contains(asset))
        .copied()
        .collect();
    match (some, left.as_slice()) {
        ([only], _) => plain(only),
        (_, []) => format!("all {} assets", all.len()),
        (_, [one]) if all.len() > 3 => format!("all but {}", plain(one)),
        (_, [one, two]) if all.len() > 5 => format!("all but {} and {}", plain(one), plain(two)),
        _ => some
            .iter()
            .map(|asset| plain(asset))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// One change that holds for several assets.
struct Changed<'a> {
    telling: &'a Change,
    assets: Vec<&'a str>,
    /// Those that the principal is meant to read.
    intended: Vec<&'a str>,
}

/// The changes of one kind, each told once. What does not change is told by principal and strength
/// alone: its routes may differ between assets, and do not show.
fn changed(assets: &[AssetChange], kind: ChangeKind) -> Vec<Changed<'_>> {
    let same = |a: &Change, b: &Change| {
        a.principal == b.principal
            && (a.before, a.after) == (b.before, b.after)
            && (kind == ChangeKind::Unchanged
                || (&a.routes_gone, &a.routes_new) == (&b.routes_gone, &b.routes_new))
    };
    let mut all: Vec<Changed<'_>> = Vec::new();
    for asset in assets {
        for change in asset.changes.iter().filter(|change| change.change == kind) {
            let at = all.iter().position(|known| same(known.telling, change));
            let at = at.unwrap_or_else(|| {
                all.push(Changed {
                    telling: change,
                    assets: Vec::new(),
                    intended: Vec::new(),
                });
                all.len() - 1
            });
            all[at].assets.push(&asset.asset);
            if change.intended {
                all[at].intended.push(&asset.asset);
            }
        }
    }
    all
}

/// One missing thing and whom it stops. Requests that the same statement denies are told as one.
struct Lacking<'a> {
    first: &'a Lack,
    others: BTreeSet<&'a str>,
    /// Asset and principal.
    whom: Vec<(&'a str, &'a str)>,
}

impl<'a> Lacking<'a> {
    fn is_about(&self, lack: &Lack) -> bool {
        let denial = |what: &'_ str| {
            what.split_once(": denied by ")
                .map(|(_, place)| place.to_owned())
        };
        self.first.what == lack.what
            || denial(&lack.what).is_some_and(|place| denial(&self.first.what) == Some(place))
    }

    fn add(&mut self, lack: &'a Lack, who: (&'a str, &'a str)) {
        if lack.what != self.first.what {
            self.others.insert(&lack.what);
        }
        if !self.whom.contains(&who) {
            self.whom.push(who);
        }
    }
}

impl Text {
    fn reader(&mut self, shared: &Shared<'_, Reader>, all: &[&str]) {
        let reader = shared.telling;
        let intended = if reader.intended {
            styled(GOOD, "  intended")
        } else {
            String::new()
        };
        let assets = if all.len() > 1 {
            styled(FAINT, &format!("  {}", name_assets(&shared.assets, all)))
        } else {
            String::new()
        };
        let strength = Self::strength(reader.strength);
        self.line(&format!(
            "  {strength} {}{assets}{intended}",
            plain(&reader.principal)
        ));
        for route in reader.routes.iter().take(4) {
            self.route("by", route, reader.strength);
        }
        if reader.routes.len() > 4 {
            let more = format!("      and {} other routes", reader.routes.len() - 4);
            self.line(&styled(FAINT, &more));
        }
    }

    fn change(&mut self, shared: &Changed<'_>, all: &[&str]) {
        let change = shared.telling;
        let strengths = if change.before == change.after {
            change.after.word().to_owned()
        } else {
            format!("{} → {}", change.before.word(), change.after.word())
        };
        let intended = match shared.intended.as_slice() {
            [] => String::new(),
            some if some.len() == shared.assets.len() => styled(GOOD, "  intended"),
            some => styled(GOOD, &format!("  intended for {}", name_assets(some, all))),
        };
        let assets = styled(FAINT, &name_assets(&shared.assets, all));
        let absent = match (change.known_before, change.known_after) {
            (true, true) => String::new(),
            (false, _) => styled(DOUBT, "  not in the first"),
            (true, false) => styled(DOUBT, "  not in the second"),
        };
        let name = plain(&change.principal);
        self.line(&format!(
            "    {name}  {strengths}  {assets}{intended}{absent}"
        ));
        for route in change.routes_gone.iter().take(3) {
            self.route("-", route, change.before);
        }
        for route in change.routes_new.iter().take(3) {
            self.route("+", route, change.after);
        }
        if change.change != ChangeKind::Unchanged {
            for route in change.routes_kept.iter().take(2) {
                self.route("=", route, change.after);
            }
        }
    }

    /// Near misses by what is short, so that one missing thing is told once for all whom it stops.
    fn near_misses<'a>(
        &mut self,
        told: impl Iterator<Item = (&'a str, &'a NearMiss)>,
        all: &[&str],
    ) {
        let mut by_lack: Vec<Lacking<'a>> = Vec::new();
        let mut principals = BTreeSet::new();
        for (asset, near) in told {
            principals.insert(near.principal.as_str());
            for lack in &near.lacks {
                let who = (asset, near.principal.as_str());
                match by_lack.iter_mut().find(|known| known.is_about(lack)) {
                    Some(known) => known.add(lack, who),
                    None => by_lack.push(Lacking {
                        first: lack,
                        others: BTreeSet::new(),
                        whom: vec![who],
                    }),
                }
            }
        }
        if by_lack.is_empty() {
            return;
        }
        self.line("");
        let near = match principals.len() {
            1 => "1 near miss".to_owned(),
            n => format!("{n} near misses"),
        };
        let title = format!("{near}, one thing short of reading");
        self.line(&styled(TITLE, &title));
        for lacking in by_lack.iter().take(24) {
            self.line(&format!("  lacks {}", plain(&lacking.first.what)));
            match lacking.others.len() {
                0 => {}
                n => {
                    let text =
                        format!("    or one of {n} other requests that the same place denies");
                    self.line(&styled(FAINT, &text));
                }
            }
            if !lacking.first.could_be_made_by.is_empty() {
                let makers = some(&lacking.first.could_be_made_by);
                self.line(&styled(
                    FAINT,
                    &format!("    which could come from {makers}"),
                ));
            }
            let told = lacking
                .whom
                .iter()
                .map(|(asset, principal)| (*asset, principal));
            for shared in share(told, |a, b| a == b).iter().take(8) {
                let assets = if all.len() > 1 {
                    styled(FAINT, &format!("  {}", name_assets(&shared.assets, all)))
                } else {
                    String::new()
                };
                self.line(&format!("    {}{assets}", plain(shared.telling)));
            }
        }
        if by_lack.len() > 24 {
            let more = format!("  and {} more: see --format json", by_lack.len() - 24);
            self.line(&styled(FAINT, &more));
        }
    }
}

impl Answer for Who {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        out.line("");
        let all: Vec<&str> = self
            .assets
            .iter()
            .map(|asset| asset.asset.as_str())
            .collect();
        match self.assets.as_slice() {
            [] => {
                out.line(
                    "No asset: this capture names no Kafka topic. Add the output of kafka-topics,",
                );
                out.line("or `[[asset]]` in catchment.toml.");
            }
            [only] => {
                out.line(&styled(TITLE, &plain(&only.asset)));
                out.line(&styled(FAINT, &format!("  topics: {}", some(&only.topics))));
            }
            _ => {
                let names = all.iter().map(|asset| plain(asset)).collect::<Vec<_>>();
                out.line(&styled(TITLE, &names.join(", ")));
            }
        }
        let readers = |strength: Strength| {
            self.assets.iter().flat_map(move |asset| {
                let readers = asset.readers.iter().filter(move |r| r.strength == strength);
                readers.map(|reader| (asset.asset.as_str(), reader))
            })
        };
        // Topics differ by asset; what is told is the principal, how surely, and by which routes.
        let same = |a: &Reader, b: &Reader| {
            a.principal == b.principal && a.intended == b.intended && a.routes == b.routes
        };
        let mut told = 0;
        for strength in Strength::ALL.into_iter().rev() {
            for shared in share(readers(strength), same) {
                out.reader(&shared, &all);
                told += 1;
            }
        }
        if told == 0 && !all.is_empty() {
            out.line("  nobody that this capture shows");
        }
        let near = self.assets.iter().flat_map(|asset| {
            asset
                .near_misses
                .iter()
                .map(|near| (asset.asset.as_str(), near))
        });
        out.near_misses(near, &all);
    }

    fn markdown(&self, out: &mut Markdown) {
        out.who(self);
    }
}

impl Answer for What {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        out.line("");
        out.line(&styled(
            TITLE,
            &format!("{} ({})", plain(&self.principal), self.kind),
        ));
        let key = |cell: &crate::query::Cell| {
            (cell.strength, cell.routes.clone(), cell.may_also_be.clone())
        };
        for group in grouped(&self.assets, key) {
            let names: Vec<String> = group.iter().map(|cell| plain(&cell.asset)).collect();
            let strength = Text::strength(group[0].strength);
            out.line(&format!("  {strength} {}", names.join(", ")));
            for route in group[0].routes.iter().take(4) {
                out.route("by", route, group[0].strength);
            }
            for other in &group[0].may_also_be {
                let text = format!("      not the whole truth: it may be {}", plain(other));
                out.line(&styled(DOUBT, &text));
            }
        }
    }

    fn markdown(&self, out: &mut Markdown) {
        out.what(self);
    }
}

impl Answer for Compare {
    fn text(&self, out: &mut Text) {
        let title = if self.before.capture == self.after.capture {
            format!(
                "{}: {} → {}",
                plain(&self.before.capture),
                plain(&self.before.model),
                plain(&self.after.model)
            )
        } else {
            format!(
                "{} under {} → {} under {}",
                plain(&self.before.capture),
                plain(&self.before.model),
                plain(&self.after.capture),
                plain(&self.after.model)
            )
        };
        out.line(&styled(TITLE, &title));
        let totals = &self.totals;
        out.line(&format!(
            "{} gained, {} lost, {} stronger, {} weaker, {} by other routes, {} unchanged",
            totals.gained,
            totals.lost,
            totals.stronger,
            totals.weaker,
            totals.other_route,
            totals.unchanged
        ));
        let all: Vec<&str> = self
            .assets
            .iter()
            .map(|asset| asset.asset.as_str())
            .collect();
        out.line(&styled(
            FAINT,
            &format!("pairs of principal and asset, over {}", all.join(", ")),
        ));
        out.limits(&self.after);
        for (kind, word) in KINDS {
            let shared = changed(&self.assets, kind);
            if shared.is_empty() {
                continue;
            }
            let style = match kind {
                ChangeKind::Gained | ChangeKind::Stronger => BAD,
                ChangeKind::Lost | ChangeKind::Weaker => GOOD,
                ChangeKind::OtherRoute => DOUBT,
                ChangeKind::Unchanged => FAINT,
            };
            let principals: BTreeSet<&str> = shared
                .iter()
                .map(|shared| shared.telling.principal.as_str())
                .collect();
            out.line("");
            let heading = format!("{word}: {}", counted(principals.len(), "principals"));
            out.line(&format!("  {}", styled(style.bold(), &heading)));
            for one in &shared {
                out.change(one, &all);
            }
        }
        let near = self.assets.iter().flat_map(|asset| {
            asset
                .near_misses
                .iter()
                .map(|near| (asset.asset.as_str(), near))
        });
        out.near_misses(near, &all);
    }

    fn markdown(&self, out: &mut Markdown) {
        out.compare(self);
    }
}

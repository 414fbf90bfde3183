//! Deployment models as text and as Markdown: all of them side by side, or one in full.

use super::{FAINT, TITLE, Text, counted, styled};
use crate::query::{Basis, ModelText, Models};
use crate::report::escape::{code, markdown};
use crate::report::{Answer, Markdown};

impl Answer for Models {
    fn text(&self, out: &mut Text) {
        match self.models.as_slice() {
            [model] => one(model, out),
            models => {
                let row = |model: &ModelText| {
                    vec![
                        model.id.clone(),
                        model.title.clone(),
                        model.recognised_by_words(),
                    ]
                };
                out.table(
                    &["model", "what it is", "recognised by"],
                    models.iter().map(row).collect(),
                );
                out.line("");
                out.line(&styled(
                    FAINT,
                    "`catchment models NAME` shows one in full; `--model NAME` moves a capture onto it.",
                ));
            }
        }
    }

    fn markdown(&self, out: &mut Markdown) {
        if self.models.len() != 1 {
            out.heading(2, "Deployment models");
            let rows = self.models.iter().map(|model| {
                vec![
                    code(&model.id),
                    markdown(&model.title),
                    markdown(&model.summary),
                    markdown(&model.recognised_by_words()),
                ]
            });
            out.table(
                &["model", "what it is", "the boundary", "recognised by"],
                rows,
            );
            return;
        }
        for model in &self.models {
            one_markdown(model, out);
        }
    }
}

impl ModelText {
    fn recognised_by_words(&self) -> String {
        if self.recognised_by.is_empty() {
            "nothing else is recognised".to_owned()
        } else {
            self.recognised_by.join("; ")
        }
    }
}

fn basis(basis: &Basis) -> String {
    format!("{}: {}  ({})", basis.confidence, basis.source, basis.place)
}

fn one(model: &ModelText, out: &mut Text) {
    out.line(&format!("{}  {}", styled(TITLE, &model.id), model.title));
    out.line(&model.summary);
    out.line(&format!("Recognised by: {}", model.recognised_by_words()));
    out.line(&format!(
        "Can be moved onto from: {}",
        model.from.join(", ")
    ));
    let mut section = |title: &str, entries: Vec<(String, Vec<String>)>| {
        if entries.is_empty() {
            return;
        }
        out.line("");
        out.line(&styled(TITLE, title));
        for (head, details) in entries {
            out.line(&format!("  {head}"));
            for detail in details {
                out.line(&styled(FAINT, &format!("      {detail}")));
            }
        }
    };
    let holders = model.holders.iter().map(|holder| {
        let optional = if holder.optional {
            ", where it is named"
        } else {
            ""
        };
        let head = format!(
            "{} ({}, {}{optional}): {}",
            holder.role,
            holder.kind.word().to_owned(),
            holder.share.word().to_owned(),
            holder.holds
        );
        (head, vec![holder.freshness.clone(), basis(&holder.basis)])
    });
    section("What holds events", holders.collect());
    let identities = model.identities.iter().map(|identity| {
        let head = format!(
            "{}: runs the {}, trusts {}; {}",
            identity.role,
            identity.runs,
            identity.trust,
            counted(identity.statements.len(), "statements")
        );
        let mut details = vec![basis(&identity.basis)];
        details.extend(
            identity
                .managed
                .iter()
                .map(|arn| format!("attached: {arn}")),
        );
        for statement in &identity.statements {
            let only = statement.conditions.iter().map(|c| format!(" if {c}"));
            details.push(format!(
                "{}: {} on {}{}  ({})",
                statement.sid,
                statement.actions.join(", "),
                statement.resources.join(", "),
                only.collect::<String>(),
                statement.place
            ));
        }
        (head, details)
    });
    section("Identities it needs", identities.collect());
    for (title, facts) in [
        ("Outside parties", &model.vendors),
        ("Listeners it offers", &model.listeners),
        ("Properties of brokers", &model.properties),
    ] {
        let facts = facts
            .iter()
            .map(|f| (f.says.clone(), vec![basis(&f.basis)]));
        section(title, facts.collect());
    }
    let tables: Vec<String> = model
        .tables
        .iter()
        .map(|t| format!("[model.{t}]"))
        .collect();
    let parameters = model.parameters.iter();
    let parameters = parameters.map(|p| (format!("{}: {}", p.name, p.meaning), Vec::new()));
    section(
        &format!(
            "Parameters, under {} in catchment.toml",
            tables.join(" or ")
        ),
        parameters.collect(),
    );
    let movements = model.movements.iter().map(|movement| {
        let head = format!("{}: {}", movement.event, movement.moves);
        let details = vec![
            format!(
                "{} → {}, over {}",
                movement.from, movement.to, movement.path
            ),
            format!("by {}; {}", movement.identity, movement.size),
            format!("seen in: {}", movement.trace),
            basis(&movement.basis),
        ];
        (head, details)
    });
    section("What moves", movements.collect());
}

fn one_markdown(model: &ModelText, out: &mut Markdown) {
    out.heading(
        2,
        &format!("{}: {}", code(&model.id), markdown(&model.title)),
    );
    out.line(&format!("{}\n", markdown(&model.summary)));
    out.heading(3, "What holds events");
    let rows = model.holders.iter().map(|holder| {
        vec![
            markdown(&holder.role),
            holder.kind.word().to_owned(),
            holder.share.word().to_owned(),
            markdown(&holder.holds),
            markdown(&holder.freshness),
            markdown(&holder.basis.confidence),
            markdown(&holder.basis.source),
        ]
    });
    out.table(
        &[
            "holder",
            "kind",
            "share",
            "holds",
            "freshness",
            "confidence",
            "source",
        ],
        rows,
    );
    for identity in &model.identities {
        out.heading(3, &format!("Role of the {}", markdown(&identity.role)));
        let rows = identity.statements.iter().map(|statement| {
            vec![
                markdown(&statement.sid),
                markdown(&statement.actions.join(", ")),
                markdown(&statement.resources.join(", ")),
                markdown(&statement.conditions.join("; ")),
            ]
        });
        out.table(&["statement", "actions", "resources", "condition"], rows);
    }
    for (title, facts) in [
        ("Outside parties", &model.vendors),
        ("Listeners", &model.listeners),
        ("Properties", &model.properties),
    ] {
        if facts.is_empty() {
            continue;
        }
        out.heading(3, title);
        let rows = facts.iter().map(|fact| {
            vec![
                markdown(&fact.says),
                markdown(&fact.basis.confidence),
                markdown(&fact.basis.source),
            ]
        });
        out.table(&["fact", "confidence", "source"], rows);
    }
    if !model.movements.is_empty() {
        out.heading(3, "What moves");
        let rows = model.movements.iter().map(|movement| {
            vec![
                markdown(&movement.event),
                markdown(&movement.moves),
                markdown(&movement.from),
                markdown(&movement.to),
                markdown(&movement.path),
                markdown(&movement.identity),
                markdown(&movement.size),
                markdown(&movement.trace),
                markdown(&movement.basis.confidence),
            ]
        });
        out.table(
            &[
                "event",
                "what",
                "from",
                "to",
                "path",
                "identity",
                "size",
                "trace",
                "confidence",
            ],
            rows,
        );
    }
}

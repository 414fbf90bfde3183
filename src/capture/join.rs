//! Several captures of one estate as one: every place names its capture.
//!
//! Must never: let what one capture was refused hide what another one read, or mix the files of
//! two captures under one name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::json::{Node, Value};
use super::when::When;
use super::{Answer, Capture, Diagnostic, Severity, Source, merge};

/// Joins captures, each under its label, in the given order.
pub(crate) fn captures(parts: Vec<(String, Capture)>) -> Capture {
    let mut whole = Capture::default();
    let mut answers = Vec::new();
    for (label, part) in parts {
        let mut mover = Mover {
            label,
            files: BTreeMap::new(),
        };
        answers.extend(part.answers.into_iter().map(|a| mover.answer(a)));
        whole
            .unplaced
            .extend(part.unplaced.into_iter().map(|a| mover.answer(a)));
        for mut text in part.texts {
            let file = mover.file(&text.file);
            if !text.file.contains('/') {
                // A file at the root names no cluster; its capture does.
                text.cluster.clone_from(&mover.label);
            }
            text.file = file;
            if let super::Text::Properties(lines) | super::Text::Connector(lines) =
                &mut text.content
            {
                for line in lines {
                    line.source = mover.source(&line.source);
                }
            }
            whole.texts.push(text);
        }
        for (call, count) in part.unused {
            *whole.unused.entry(call).or_default() += count;
        }
        for diagnostic in part.diagnostics {
            whole.diagnostics.push(Diagnostic {
                source: diagnostic.source.map(|source| mover.source(&source)),
                ..diagnostic
            });
        }
        if let Some(mut config) = part.config {
            config.file = mover.file(&config.file);
            match &whole.config {
                None => whole.config = Some(config),
                Some(first) => {
                    let message = format!(
                        "`{}` counts because its capture is given first; this one is not read: join them by hand",
                        first.file
                    );
                    let source = Source::new(config.file, 1, "");
                    whole.note("several-configurations", Severity::Error, message, source);
                }
            }
        }
    }
    whole.texts.sort_by(|a, b| a.file.cmp(&b.file));
    whole.answers = merge::captures(answers, &mut whole.diagnostics);
    whole.sort_diagnostics();
    whole
}

/// Puts the label of its capture before every file name.
struct Mover {
    label: String,
    files: BTreeMap<String, Arc<str>>,
}

impl Mover {
    fn file(&mut self, file: &str) -> Arc<str> {
        if let Some(known) = self.files.get(file) {
            return known.clone();
        }
        let moved: Arc<str> = Arc::from(format!("{}/{file}", self.label));
        self.files.insert(file.to_owned(), moved.clone());
        moved
    }

    fn source(&mut self, source: &Source) -> Source {
        let file = self.file(source.file());
        Source::new(file, source.line(), source.pointer())
    }

    fn answer(&mut self, mut answer: Answer) -> Answer {
        answer.file = self.file(&answer.file);
        self.node(&mut answer.body);
        // Numbers of recordings count within their folder alone.
        answer.at = answer.at.filter(|at| match at {
            When::Time(_) => true,
            When::Nth(_) => false,
        });
        answer
    }

    fn node(&mut self, node: &mut Node) {
        node.source = self.source(&node.source);
        match &mut node.value {
            Value::Object(members) => members.iter_mut().for_each(|(_, value)| self.node(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.node(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

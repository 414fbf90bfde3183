//! What the caller chooses: values worth trying for condition keys the caller sets.
//!
//! Must never: try a value for one layer and another for the next.

use std::collections::BTreeSet;

use super::condition::Test;
use super::context::{Context, KeyState};
use super::document::Statement;
use super::moment;
use super::operators::{Family, Quantifier, network};
use super::pattern::{Glob, Token, intersects};

/// How many assignments are tried at most.
const BOUND: usize = 256;

/// A text that no policy names.
const FRESH: &str = "zq7";

/// What `*` stands for in examples: texts of several lengths, for patterns that count characters.
const FILLERS: [&str; 3] = [FRESH, "", "zq7zq7zq7zq7zq7"];

/// The assignments to try.
pub(super) struct Choices {
    /// One context for each assignment; never empty.
    pub(super) contexts: Vec<Context>,
    /// Whether the assignments stand for all there are.
    pub(super) complete: bool,
}

/// Assignments for the chosen keys that these statements read. Keys that would take the number
/// beyond the bound become unknown.
pub(super) fn choices(statements: &[&Statement], request: &str, context: &Context) -> Choices {
    let keys: BTreeSet<&str> = statements.iter().flat_map(|s| s.keys()).collect();
    let keys = keys
        .into_iter()
        .filter(|key| context.state(key) == &KeyState::Chosen);
    let mut complete = true;
    let mut options: Vec<(&str, Vec<KeyState>)> = keys
        .map(|key| {
            let (states, all) = candidates(key, statements, request, context);
            complete &= all;
            (key, states)
        })
        .collect();
    options.sort_by_key(|(key, states)| (states.len(), *key));
    let mut contexts = vec![context.clone()];
    for (key, states) in options {
        if contexts.len() * states.len() > BOUND {
            for context in &mut contexts {
                *context = context.clone().unknown(key);
            }
            continue;
        }
        contexts = contexts
            .iter()
            .flat_map(|context| {
                states
                    .iter()
                    .map(|state| context.clone().with(key, state.clone()))
            })
            .collect();
    }
    Choices { contexts, complete }
}

/// What stands between the separators of a resource's name.
fn parts(request: &str) -> impl Iterator<Item = String> {
    let parts = request.split(['/', ':']).filter(|part| !part.is_empty());
    parts.map(str::to_owned)
}

/// The states of one key worth trying, and whether they stand for all.
fn candidates(
    key: &str,
    statements: &[&Statement],
    request: &str,
    context: &Context,
) -> (Vec<KeyState>, bool) {
    let mut values: Vec<String> = Vec::new();
    let mut lists: Vec<Vec<String>> = Vec::new();
    let mut globs: Vec<Glob> = Vec::new();
    let mut quantified = 0;
    let mut opaque = false;
    for statement in statements {
        if statement.resource_keys().any(|k| k == key) {
            // A part of the resource's name is what such a variable can be for.
            values.extend(parts(request));
            opaque = true;
        }
        for test in &statement.conditions {
            if test.values.iter().any(|v| v.keys().any(|k| k == key)) {
                match context.state(&test.key) {
                    KeyState::Known(known) => values.extend(known.iter().cloned()),
                    // What the other key may become is worth trying for this one.
                    KeyState::Chosen => values.extend(parts(request)),
                    KeyState::Absent | KeyState::Unknown => {}
                }
                opaque = true;
            }
            if test.key != key {
                continue;
            }
            let own = of_test(test, context, &mut globs);
            if let Some(quantifier) = test.operator.and_then(|o| o.quantifier) {
                quantified += 1;
                lists.push(own.clone());
                if quantifier == Quantifier::All {
                    lists.push(Vec::new());
                }
            }
            values.extend(own);
        }
    }
    let open: Vec<&Glob> = globs.iter().filter(|g| !g.is_fixed()).collect();
    for (i, a) in open.iter().enumerate().take(8) {
        for b in &open[i + 1..] {
            values.extend(intersects(a, b));
        }
    }
    values.extend([FILLERS[0], FILLERS[2]].map(str::to_owned));
    values.push(format!("arn:aws:{FRESH}:{FRESH}:{FRESH}:{FRESH}"));
    let tests = statements.iter().flat_map(|s| &s.conditions);
    let tests: Vec<&Test> = tests.filter(|t| t.key == key).collect();
    // Values that every line answers alike are one choice, unless other choices have a say.
    let alike = !opaque
        && tests
            .iter()
            .flat_map(|t| t.keys())
            .all(|k| k == key || context.state(k) != &KeyState::Chosen);
    let mut answers = BTreeSet::new();
    let mut states: Vec<KeyState> = Vec::new();
    let singles = values.iter().map(|value| vec![value.clone()]);
    // A variable of a key with several values, or none, is nobody's word: worth trying too.
    if opaque {
        lists.push(Vec::new());
    }
    let everything = (quantified > 1 || opaque).then(|| values.clone());
    let known = singles.chain(lists).chain(everything).map(KeyState::Known);
    for state in known.chain([KeyState::Absent]) {
        if alike {
            let here = context.clone().with(key, state.clone());
            if answers.insert(tests.iter().map(|t| t.holds(&here)).collect::<Vec<_>>()) {
                states.push(state);
            }
        } else if !states.contains(&state) {
            states.push(state);
        }
    }
    let complete = !opaque && quantified < 2 && open.len() < 3;
    (states, complete)
}

/// Values around those that a test names: on each side of every border it draws.
fn of_test(test: &Test, context: &Context, globs: &mut Vec<Glob>) -> Vec<String> {
    let Some(operator) = test.operator else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for value in &test.values {
        let text = value.text();
        match operator.family {
            Family::StringEquals | Family::StringEqualsIgnoreCase => {
                out.extend(value.example(context, false, FRESH));
            }
            Family::StringLike | Family::Arn => {
                let expansion = value.expand(context, true);
                if !expansion.missing {
                    let tokens: Vec<Token> = expansion.tokens;
                    globs.push(Glob::of(tokens, false));
                }
                out.extend(
                    FILLERS
                        .iter()
                        .filter_map(|f| value.example(context, true, f)),
                );
            }
            Family::Numeric(_) => {
                if let Ok(n) = text.parse::<i128>() {
                    let near = [Some(n), n.checked_sub(1), n.checked_add(1)];
                    out.extend(near.into_iter().flatten().map(|n| n.to_string()));
                } else if let Ok(n) = text.parse::<f64>() {
                    out.extend([n, n - 1.0, n + 1.0].map(|n| n.to_string()));
                }
            }
            Family::Date(_) => {
                if let Some(at) = moment::parse(text) {
                    out.push(text.to_owned());
                    let near = [-1, 1].map(|s: i128| at + s * 1_000_000_000);
                    out.extend(near.map(moment::seconds));
                }
            }
            Family::Bool => out.extend(["true".to_owned(), "false".to_owned()]),
            Family::Binary => out.extend([text.to_owned(), "AAAA".to_owned()]),
            Family::Ip => {
                if let Some(net) = network(text) {
                    out.extend([net.network().to_string(), net.broadcast().to_string()]);
                }
                out.extend(["203.0.113.77".to_owned(), "2001:db8:7::77".to_owned()]);
            }
            Family::Null => {}
        }
    }
    out
}

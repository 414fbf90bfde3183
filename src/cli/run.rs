//! Runs one command.

use std::path::{Path, PathBuf};

use super::args::{Args, Asking, Command, Engine, ExportFormat, Output, System};
use super::{Exit, inspect, output, simulate};
use crate::capture;
use crate::estate::{self, Estate};
use crate::graph::BoundaryGraph;
use crate::models;
use crate::query::{self, Asset, View};
use crate::report::{Answer, GraphDocument, SCHEMAS, document, graph_dot, schema};
use crate::rules;

/// Why nothing was answered; already worded for the person at the terminal.
pub(super) struct Refusal(pub(super) String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            text = format!("{text}: {inner}");
            source = inner.source();
        }
        Self(text)
    }
}

/// Runs what was typed, and says how it went.
pub fn run(args: &Args) -> Exit {
    match command(&args.command) {
        Ok(exit) => exit,
        Err(Refusal(why)) => {
            output::complain(&format!("error: {why}"));
            Exit::Refused
        }
    }
}

fn command(command: &Command) -> Result<Exit, Refusal> {
    match command {
        Command::Map {
            asking,
            coverage: true,
        } => {
            let dirs = dirs(&asking.capture, &asking.also);
            let estate = load(&dirs)?;
            answer(
                &query::coverage(&name(&dirs), &estate),
                &[&estate],
                &asking.output,
            )
        }
        Command::Map {
            asking,
            coverage: false,
        } => {
            let view = view(asking)?;
            answer(&query::map(&view), &[&view.estate], &asking.output)
        }
        Command::Who { asking, asset } => {
            let view = view(asking)?;
            let mut assets: Vec<&Asset> = Vec::new();
            for name in asset {
                assets.push(view.asset(name)?);
            }
            if asset.is_empty() {
                assets = view.assets.iter().collect();
            }
            answer(&query::who(&view, &assets), &[&view.estate], &asking.output)
        }
        Command::What { asking, principal } => {
            let view = view(asking)?;
            let lane = view.principal(principal)?;
            answer(&query::what(&view, lane), &[&view.estate], &asking.output)
        }
        Command::Explain {
            asking,
            principal,
            asset,
        } => {
            let view = view(asking)?;
            let (lane, asset) = (view.principal(principal)?, view.asset(asset)?);
            answer(
                &query::explain(&view, lane, asset),
                &[&view.estate],
                &asking.output,
            )
        }
        Command::Compare {
            before,
            after,
            also,
            from,
            to,
            asset,
            cluster,
            output,
        } => {
            let before = dirs(before, also);
            let first = only(load(&before)?, cluster)?;
            let after_dirs = after.as_ref().map(|after| dirs(after, also));
            let second = match &after_dirs {
                Some(dirs) => only(load(dirs)?, cluster)?,
                None => first.clone(),
            };
            if after.is_none() && from.is_none() && to.is_none() {
                return Err(Refusal(format!(
                    "nothing to compare: give a second capture, or `--from MODEL --to MODEL`; \
                         models: {}",
                    models::names(&models::built_in()?)
                )));
            }
            let after = after_dirs.as_ref().unwrap_or(&before);
            let (old, new) = std::thread::scope(|scope| {
                let old = scope.spawn(|| view_of(&before, &first, from.as_deref()));
                let new = view_of(after, &second, to.as_deref());
                (old.join(), new)
            });
            let old = old.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let new = new?;
            for name in asset {
                if old.asset(name).is_err() {
                    new.asset(name)?;
                }
            }
            answer(
                &query::compare(&old, &new, asset),
                &[&old.estate, &new.estate],
                output,
            )
        }
        Command::Export {
            capture,
            also,
            model,
            format,
        } => {
            let dirs = dirs(capture, also);
            let view = view_of(&dirs, &load(&dirs)?, model.as_deref())?;
            let graph = BoundaryGraph::build(&view.estate, &view.derivation, &built_in_rows()?);
            let text = match format {
                ExportFormat::Json => document(&GraphDocument::new(&graph)),
                ExportFormat::Dot => graph_dot(&graph),
            };
            output::raw(&text)?;
            Ok(Exit::Done)
        }
        Command::Models { name, format } => {
            let known = match name {
                Some(name) => vec![models::find(name)?],
                None => models::built_in()?,
            };
            output::answer(&query::models(&known), *format)?;
            Ok(Exit::Done)
        }
        Command::Schema { name } => match schema(name) {
            Some(text) => {
                output::raw(&text)?;
                Ok(Exit::Done)
            }
            None => Err(Refusal(format!(
                "no schema `{name}`; there is: {}",
                SCHEMAS.join(", ")
            ))),
        },
        Command::Simulate(Engine::Iam(how)) => simulate::iam(how),
        Command::Inspect(System::Aws(how)) => inspect::aws(how),
        Command::Inspect(System::Kafka) => Err(inspect::kafka()),
    }
}

/// The directories of one estate, the capture first.
fn dirs(capture: &Path, also: &[PathBuf]) -> Vec<PathBuf> {
    let also = also.iter().cloned();
    std::iter::once(capture.to_owned()).chain(also).collect()
}

/// How answers call the estate: as its directories were typed.
fn name(dirs: &[PathBuf]) -> String {
    let names: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
    names.join(" + ")
}

fn load(dirs: &[PathBuf]) -> Result<Estate, Refusal> {
    let capture = capture::load_all(dirs)?;
    let estate = estate::build(&capture);
    output::diagnostics(&estate.diagnostics);
    Ok(estate)
}

/// The estate in which only these clusters move; all of them when none is named.
fn only(mut estate: Estate, clusters: &[String]) -> Result<Estate, Refusal> {
    for name in clusters {
        if !estate.clusters.contains_key(name) {
            let known: Vec<&str> = estate.clusters.keys().map(String::as_str).collect();
            return Err(Refusal(format!(
                "no cluster `{name}` in this capture; there is: {}",
                known.join(", ")
            )));
        }
    }
    if !clusters.is_empty() {
        let others = estate
            .clusters
            .keys()
            .filter(|name| !clusters.contains(name));
        estate.config.staying = others.cloned().collect();
    }
    Ok(estate)
}

fn view(asking: &Asking) -> Result<View, Refusal> {
    let dirs = dirs(&asking.capture, &asking.also);
    view_of(
        &dirs,
        &only(load(&dirs)?, &asking.cluster)?,
        asking.model.as_deref(),
    )
}

fn view_of(dirs: &[PathBuf], estate: &Estate, model: Option<&str>) -> Result<View, Refusal> {
    let models = models::built_in()?;
    let target = model.map(|id| models::pick(&models, id)).transpose()?;
    let name = name(dirs);
    Ok(View::new(&name, estate, &models, built_in_rows()?, target)?)
}

fn built_in_rows() -> Result<Vec<rules::Row>, Refusal> {
    rules::built_in().map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Refusal(format!(
            "a built-in rule pack is malformed: {}",
            lines.join("; ")
        ))
    })
}

fn answer(value: &impl Answer, estates: &[&Estate], how: &Output) -> Result<Exit, Refusal> {
    output::answer(value, how.format)?;
    let complete = estates
        .iter()
        .all(|estate| estate.open_calls().next().is_none());
    Ok(if how.strict && !complete {
        Exit::Gaps
    } else {
        Exit::Done
    })
}

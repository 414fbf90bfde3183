//! What may be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Who can really read this event stream?
///
/// catchment joins cloud IAM, Kafka authorization, network reachability and storage into one
/// answer, with proof down to file and line. It reads a capture: a directory of AWS CLI answers,
/// broker properties, ACL and topic listings.
#[derive(Debug, Parser)]
#[command(
    name = "catchment",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(after_help = "\
Start here:
  catchment map CAPTURE                      where event data lives, and what is not known
  catchment map CAPTURE --coverage           what was read, and what the rest would change
  catchment who CAPTURE --asset payments     who reads it, and how
  catchment compare CAPTURE --from self-managed --to automq-s3-wal

Exit codes: 0 done; 1 done, an assertion is violated; 2 usage or unreadable input; 3 done with
gaps, under --strict.")]
pub struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Where event data lives: holders, listeners, and what is not known.
    Map {
        #[command(flatten)]
        asking: Asking,
        /// Instead: what was read, by account and region, and what each missing piece would change.
        #[arg(long, conflicts_with_all = ["model", "cluster"])]
        coverage: bool,
    },
    /// Which principals read an asset, by which routes, and who is one step short.
    #[command(after_help = "\
Strengths: always; conditional (every grant was seen, something undecided may block); gap (a grant
may stand in input that was not collected). Assets come from catchment.toml; a topic that no asset
names is an asset by its own name.")]
    Who {
        #[command(flatten)]
        asking: Asking,
        /// The asset; all of them when left out.
        #[arg(long)]
        asset: Vec<String>,
    },
    /// What one principal reads.
    What {
        #[command(flatten)]
        asking: Asking,
        /// The principal: as `who` shows it, or the end of its ARN.
        #[arg(long)]
        principal: String,
    },
    /// Why a principal reads an asset: the proof; or what single thing it is short of.
    #[command(after_help = "\
Example:
  catchment explain fixtures/small/pier role/pier-data-science payments --model automq-s3-wal")]
    Explain {
        #[command(flatten)]
        asking: Asking,
        /// The principal: as `who` shows it, or the end of its ARN.
        principal: String,
        /// The asset.
        asset: String,
    },
    /// Readers gained, lost, stronger, weaker: two models of one capture, or two captures.
    Compare {
        /// The capture.
        before: PathBuf,
        /// A second capture, to compare with the first.
        after: Option<PathBuf>,
        /// Another directory of the same estate, joined to both sides; may be given several times.
        #[arg(long, value_name = "DIR")]
        also: Vec<PathBuf>,
        /// Deployment model of the first side; the one it runs when left out.
        #[arg(long, value_name = "MODEL")]
        from: Option<String>,
        /// Deployment model of the second side; the one it runs when left out.
        #[arg(long, value_name = "MODEL")]
        to: Option<String>,
        /// Only this asset; may be given several times.
        #[arg(long)]
        asset: Vec<String>,
        /// Move only this cluster onto the models; may be given several times.
        #[arg(long, value_name = "NAME")]
        cluster: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// The whole graph of facts and rules, for other tools.
    Export {
        /// The capture.
        capture: PathBuf,
        /// Another directory of the same estate; may be given several times.
        #[arg(long, value_name = "DIR")]
        also: Vec<PathBuf>,
        /// Deployment model; the one it runs when left out.
        #[arg(long)]
        model: Option<String>,
        /// What to write.
        #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
        format: ExportFormat,
    },
    /// The deployment models that we know, or everything about one of them, with sources.
    Models {
        /// The model; a list of all when left out.
        name: Option<String>,
        /// How to write the answer.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// The JSON Schema of an answer: map, coverage, who, what, explain, compare or models.
    Schema {
        /// The answer.
        name: String,
    },
    /// Take a capture of a live system.
    Inspect {
        /// What to inspect.
        #[arg(value_enum)]
        system: System,
    },
}

/// What most commands take.
#[derive(Debug, ClapArgs)]
pub(super) struct Asking {
    /// Directory of captured or hand-collected files.
    pub(super) capture: PathBuf,
    /// Another directory of the same estate; may be given several times.
    #[arg(long, value_name = "DIR")]
    pub(super) also: Vec<PathBuf>,
    /// Deployment model to project onto; the one the capture runs when left out.
    #[arg(long)]
    pub(super) model: Option<String>,
    /// Move only this cluster onto the model; may be given several times.
    #[arg(long, value_name = "NAME", requires = "model")]
    pub(super) cluster: Vec<String>,
    #[command(flatten)]
    pub(super) output: Output,
}

/// How to answer.
#[derive(Debug, ClapArgs)]
pub(super) struct Output {
    /// How to write the answer.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// End with exit code 3 when input is missing or broken.
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people at a terminal.
    Table,
    /// One JSON document; see `catchment schema`.
    Json,
    /// For review documents.
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Nodes and edges as one JSON document.
    Json,
    /// Graphviz.
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum System {
    /// An AWS organization.
    Aws,
    /// A Kafka cluster.
    Kafka,
}

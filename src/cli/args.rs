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
    /// Single decisions, one JSON object a line: what comes in brings all its policies with it.
    #[command(subcommand)]
    Simulate(Engine),
    /// Take a capture of a live system: read only, never events or the values of secrets.
    #[command(subcommand)]
    Inspect(System),
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

#[derive(Debug, Subcommand)]
pub(super) enum Engine {
    /// AWS policy decisions: identity, resource and session policies, boundaries, SCPs, RCPs,
    /// endpoint policies.
    #[command(after_help = "\
Cases come on standard input, one JSON object a line; answers go to standard output in the same order:
{\"id\", \"result\"} with the result Allowed, ExplicitlyDenied, ImplicitlyDenied or Conditional, or
{\"id\", \"error\"} for a case that cannot be read. A condition key that a case does not give is absent;
with \"mode\": \"Discovery\" it is unknown, and the result may be Conditional.

Example:
  echo '{\"id\": \"a\", \"mode\": \"Discovery\",
    \"request\": {\"action\": \"s3:GetObject\", \"principal\": \"arn:aws:iam::111122223333:user/alice\",
      \"resource\": {\"arn\": \"arn:aws:s3:::b/x\", \"accountId\": \"111122223333\"}, \"context\": {}},
    \"identityPolicies\": [{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\",
      \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-1\"}}}}]}' | tr -d '\\n' |
    catchment simulate iam --explain

  catchment simulate iam --context aws:SourceVpce=vpce-1 --closed < cases.jsonl

Also read: sessionPolicy, permissionBoundary, resourcePolicy, scps and rcps (a list of documents for each
level), vpcEndpointPolicies, s3.blockPublicAccess. See docs/simulate.md.")]
    Iam(SimulateIam),
}

/// How to decide cases.
#[derive(Debug, ClapArgs)]
pub(super) struct SimulateIam {
    /// Add to each answer the deciding statements, what is undecided, and the condition under which
    /// the request is allowed.
    #[arg(long)]
    pub(super) explain: bool,
    /// A condition key for cases that do not give it; repeated, it has several values.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) context: Vec<String>,
    /// A condition key that is absent in cases that do not give it.
    #[arg(long, value_name = "KEY")]
    pub(super) absent: Vec<String>,
    /// Take every condition key that is neither given nor named here for absent, in cases that
    /// would leave it unknown too.
    #[arg(long)]
    pub(super) closed: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum System {
    /// An AWS organization, or the accounts that the credentials lead to.
    #[command(after_help = "\
Permissions: `--print-policy` prints the smallest policy that allows exactly the calls that are made,
and refuses data and secrets whatever else the role may. The AWS-managed policy SecurityAudit allows
them all as well. Do not use ReadOnlyAccess: it reads objects.

Credentials are found as the AWS CLI finds them: AWS_* variables, profiles, AWS_ENDPOINT_URL. For the
organization's policies, start in the management account or a delegated administrator.

Examples:
  catchment inspect aws -o capture --profile audit
  catchment inspect aws -o capture --region eu-west-1 --assume-role SecurityAudit
  catchment inspect aws -o capture --resume
  catchment map capture

A call that is refused is written down as refused: what it would have said is then not known. Put
Kafka's files and catchment.toml into the same folder. See docs/inspect.md.")]
    Aws(Box<InspectAws>),
    /// A Kafka cluster; not in this version.
    Kafka,
}

/// How to inspect AWS.
#[derive(Debug, ClapArgs)]
pub(super) struct InspectAws {
    /// Folder for the capture: new, empty, or begun (`--resume`).
    #[arg(
        short,
        long,
        value_name = "CAPTURE",
        required_unless_present = "print_policy"
    )]
    pub(super) output: Option<PathBuf>,
    /// Profile of the AWS configuration.
    #[arg(long)]
    pub(super) profile: Option<String>,
    /// Only this region; may be given several times. All that an account uses when left out.
    #[arg(long)]
    pub(super) region: Vec<String>,
    /// Role to assume: an ARN, or a name, which is tried in every account of the organization. May
    /// be given several times; one name at most.
    #[arg(long, alias = "account-role", value_name = "ROLE")]
    pub(super) assume_role: Vec<String>,
    /// External id that the roles' trust asks for.
    #[arg(long, value_name = "ID")]
    pub(super) external_id: Option<String>,
    /// Send everything to this endpoint instead of AWS.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// Requests on their way at once.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) concurrency: u16,
    /// How often a request is sent before it is given up.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(super) attempts: u32,
    /// Continue a capture: answers that are there stay, what was refused or cut off is asked again.
    #[arg(long)]
    pub(super) resume: bool,
    /// Print the smallest IAM policy that lets the inspector do its work, and do nothing else.
    #[arg(long)]
    pub(super) print_policy: bool,
    /// End with exit code 3 when some call did not end in an answer.
    #[arg(long)]
    pub(super) strict: bool,
}

//! The AWS inspector against an emulator of AWS, and against the models of the AWS CLI.
//!
//! Needs Python 3 with `venv`, and the first time `moto` and `boto3` from its registry; they are kept
//! beside the build. Where that cannot be had, the tests say so and pass, but not under `CI=true`.
//!
//! Known of the emulator (moto 5.2.5), and so not expected of it here: account authorization
//! details come in one page and without the boundaries of users; `MaxResults` is ignored;
//! snapshots of other owners are listed (the images that bring them are left out); every access
//! point is one of us-east-1; it does not know block public access for VPCs and snapshots. `tests/inspect_stub.rs` has pages and failures.

#![cfg(feature = "aws")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a test asks the environment whether it may be skipped"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use catchment::capture::{self, Outcome};
use catchment::estate;
use regex_lite::Regex;
use serde_json::Value;

const REGION: &str = "us-east-1";

/// Where the tests keep things.
fn work() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

fn support(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/support")
        .join(name)
}

/// Programs of a Python environment with what is needed, made once; or why there is none.
fn python() -> Result<&'static Path, &'static str> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let venv = work().join("../moto-venv");
        let bin = venv.join("bin");
        let requirements = fs::read_to_string(support("requirements.txt")).unwrap();
        let mark = venv.join("installed.txt");
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == requirements) {
            return Ok(bin);
        }
        let step = |command: &mut Command, what: &str| match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "{what}: {}",
                String::from_utf8_lossy(&output.stderr)
            )),
            Err(error) => Err(format!("{what}: {error}")),
        };
        step(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&venv),
            "python3 with venv",
        )?;
        step(
            Command::new(bin.join("python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                ])
                .arg(support("requirements.txt")),
            "moto and boto3 from Python's registry",
        )?;
        fs::write(&mark, &requirements).unwrap();
        Ok(bin)
    });
    made.as_deref().map_err(String::as_str)
}

/// The environment, or nothing when the test is to be skipped.
fn python_or_skip(test: &str) -> Option<&'static Path> {
    match python() {
        Ok(bin) => Some(bin),
        Err(why) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{test}: {why}"),
        Err(why) => {
            eprintln!("{test} skipped: needs {why}");
            None
        }
    }
}

/// A server that is ended with the test.
struct Server {
    child: Child,
    endpoint: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn serve(command: &mut Command, port: u16) -> Server {
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server {
        child,
        endpoint: format!("http://127.0.0.1:{port}"),
    };
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return server;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("nothing listens on port {port}");
}

fn moto(bin: &Path, free_calls: Option<&str>) -> Server {
    let port = free_port();
    let mut command = Command::new(bin.join("moto_server"));
    command
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false");
    if let Some(count) = free_calls {
        command.env("INITIAL_NO_AUTH_ACTION_COUNT", count);
    }
    serve(&mut command, port)
}

fn script(bin: &Path, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(bin.join("python"))
        .arg(support(name))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn catchment(arguments: &[&str]) -> Output {
    catchment_as(["test", "CANARY-secret-key"], arguments)
}

/// Inspects the emulated organization, every account of it.
fn inspect(moto: &Server, into: &Path, more: &[&str]) -> Output {
    let into = into.to_str().unwrap();
    let from = [
        "inspect",
        "aws",
        "-o",
        into,
        "--endpoint-url",
        &moto.endpoint,
    ];
    let all = [
        "--region",
        REGION,
        "--assume-role",
        "OrganizationAccountAccessRole",
    ];
    catchment(&[&from[..], &all[..], more].concat())
}

fn catchment_as(keys: [&str; 2], arguments: &[&str]) -> Output {
    program::with_credentials(keys[0], keys[1])
        .args(arguments)
        .output()
        .unwrap()
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn fresh(name: &str) -> PathBuf {
    let folder = work().join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn envelopes(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, serde_json::from_str(&text).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Puts a small cluster beside what AWS said, on the one instance of the estate.
fn add_cluster(capture: &Path) {
    let kafka = capture.join("kafka/pier");
    fs::create_dir_all(&kafka).unwrap();
    let properties = "process.roles=broker,controller\nnode.id=1\nlisteners=CLIENT://0.0.0.0:9092\n\
        advertised.listeners=CLIENT://10.7.1.10:9092\nlistener.security.protocol.map=CLIENT:SASL_SSL\n\
        sasl.enabled.mechanisms=SCRAM-SHA-512\nsuper.users=User:broker\n\
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
        log.dirs=/var/lib/kafka/data\n";
    fs::write(kafka.join("server-1.properties"), properties).unwrap();
    let acls = "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=payments, \
        patternType=LITERAL)`: \n \t(principal=User:settlement, host=*, operation=READ, \
        permissionType=ALLOW)\n";
    fs::write(kafka.join("acls.txt"), acls).unwrap();
    let topics = "Topic: payments\tTopicId: uB83oEOm92fnyU0QX0vTEg\tPartitionCount: 1\t\
        ReplicationFactor: 1\tConfigs: \n\tTopic: payments\tPartition: 0\tLeader: 1\tReplicas: 1\t\
        Isr: 1\n";
    fs::write(kafka.join("topics.txt"), topics).unwrap();
    let config = "[[asset]]\nname = \"payments\"\ntopics = [\"payments\"]\n\
        intended = [\"User:settlement\"]\n\n[model.automq-s3-wal]\ndata-bucket = \"pier-log\"\n";
    fs::write(capture.join("catchment.toml"), config).unwrap();
}

/// An answer without the names of files, which differ between two captures of one estate.
fn answer(command: &[&str], capture: &Path) -> String {
    let mut arguments = command.to_vec();
    let shown = capture.display().to_string();
    arguments.insert(1, &shown);
    arguments.extend(["--format", "json"]);
    let output = catchment(&arguments);
    let (out, err) = told(&output);
    assert!(output.status.success(), "{arguments:?}: {err}");
    let place = Regex::new(r#""(?:aws|accounts)/[^"]*:\d+""#).unwrap();
    // The one writes times as they came, the other as Python does.
    let time = Regex::new(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.0+Z|\+00:00)").unwrap();
    let out = out.replace(&shown, "CAPTURE");
    let out = place.replace_all(&out, "\"PLACE\"");
    time.replace_all(&out, "$1").into_owned()
}

/// Calls that moto has no route for: it answers 404 without a code, whoever asks.
const WITHOUT_ROUTE: [&str; 5] = [
    "s3control:GetAccessGrantsInstanceResourcePolicy",
    "s3control:ListAccessGrants",
    "s3control:ListAccessGrantsInstances",
    "s3control:ListAccessGrantsLocations",
    "s3control:ListAccessPointsForObjectLambda",
];

#[test]
fn an_organization_is_read_whole_and_as_the_cli_reads_it() {
    let Some(bin) = python_or_skip("an_organization_is_read_whole") else {
        return;
    };
    let moto = moto(bin, None);
    let made = script(bin, "moto_estate.py", &[&moto.endpoint, "populate"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let (home, platform) = (
        made["home"].as_str().unwrap(),
        made["platform"].as_str().unwrap(),
    );
    let live = fresh("moto-live");
    let output = inspect(&moto, &live, &["--attempts", "2"]);
    let (out, err) = told(&output);
    assert!(output.status.success(), "{err}");
    assert_eq!(out, "", "nothing on standard output");
    assert!(err.contains(home) && err.contains(platform), "{err}");

    // What moto does not know, and nothing else, is open.
    let mut unknown = BTreeSet::from([
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "ec2:GetSnapshotBlockPublicAccessState",
    ]);
    unknown.extend(WITHOUT_ROUTE);
    let written = envelopes(&live.join("aws"));
    let mut open = BTreeSet::new();
    for (path, envelope) in &written {
        let outcome = Outcome::named(envelope["outcome"].as_str().unwrap()).unwrap();
        let call = envelope["call"].as_str().unwrap();
        if !outcome.settles() {
            open.insert(call);
        }
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains("CANARY"), "{}", path.display());
        assert!(envelope["at"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(open, unknown);

    add_cluster(&live);
    let capture = capture::load(&live).unwrap();
    assert_eq!(capture.diagnostics, [], "the loader understands every file");
    let estate = estate::build(&capture);
    let here = |name: &str| format!("arn:aws:iam::{platform}:role/{name}");
    assert!(estate.identities.contains_key(&here("broker")));
    assert!(estate.identities.contains_key(&here("analyst")));
    assert!(estate.accounts.contains_key(home) && estate.accounts.contains_key(platform));
    assert!(estate.buckets.contains_key("pier-log") && estate.buckets.contains_key("pier-bare"));
    assert_eq!(
        estate.secrets.len(),
        2,
        "secrets are known by name and policy"
    );
    assert_eq!(estate.hosts.len(), 1);
    let snapshot = estate.snapshots.values().next().unwrap();
    assert_eq!(snapshot.account, platform);
    let answered = |call: &str| capture.answers_to(call).count();
    // Two accounts, one unit; two kinds of policies for each, and for the root.
    assert_eq!(answered("organizations:ListPoliciesForTarget"), 8);
    assert_eq!(answered("organizations:ListParents"), 3);

    // The same estate as files of the CLI.
    let cli = fresh("moto-cli");
    script(
        bin,
        "moto_estate.py",
        &[&moto.endpoint, "export", cli.to_str().unwrap()],
    );
    add_cluster(&cli);
    let (ours, theirs) = (as_answers(&live, &unknown), as_answers(&cli, &unknown));
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let different: Vec<String> = keys
        .into_iter()
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| format!("{key:?}\n  {:?}\n  {:?}", ours.get(key), theirs.get(key)))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    for command in [
        &["who"][..],
        &["compare", "--from", "self-managed", "--to", "automq-s3-wal"][..],
    ] {
        let (ours, theirs) = (answer(command, &live), answer(command, &cli));
        let lines = ours.lines().zip(theirs.lines());
        let different: Vec<_> = lines.filter(|(ours, theirs)| ours != theirs).collect();
        assert_eq!(different, [], "{command:?}");
        assert_eq!(ours.lines().count(), theirs.lines().count(), "{command:?}");
    }
    let map: Value = serde_json::from_str(&answer(&["map"], &live)).unwrap();
    let other: Value = serde_json::from_str(&answer(&["map"], &cli)).unwrap();
    assert_eq!(map["holders"], other["holders"]);
    // The CLI leaves no file where moto does not know a call; ours says what came instead.
    let gaps = |map: &Value| -> BTreeSet<[String; 3]> {
        let gaps = map["gaps"].as_array().unwrap().iter();
        let text = |gap: &Value, member: &str| gap[member].as_str().unwrap_or_default().to_owned();
        gaps.map(|gap| ["call", "account", "region"].map(|member| text(gap, member)))
            .collect()
    };
    let (ours, theirs) = (gaps(&map), gaps(&other));
    let only_theirs: Vec<_> = theirs.difference(&ours).collect();
    assert!(only_theirs.is_empty(), "{only_theirs:?}");
    for [call, account, _] in ours.difference(&theirs) {
        assert!(unknown.contains(call.as_str()), "{call} of {account}");
    }
    assert!(
        map["holders"]
            .as_array()
            .is_some_and(|holders| !holders.is_empty())
    );
    let compared = answer(
        &["compare", "--from", "self-managed", "--to", "automq-s3-wal"],
        &live,
    );
    assert!(compared.contains(&here("broker")), "{compared}");

    // Nothing is asked again, and nothing changes, when it is complete.
    let before = fs::read(&written[0].0).unwrap();
    let output = inspect(&moto, &live, &["--attempts", "1", "--resume", "--strict"]);
    let (_, err) = told(&output);
    assert_eq!(output.status.code(), Some(3), "gaps remain: {err}");
    let again = envelopes(&live.join("aws"));
    assert_eq!(again.len(), written.len());
    for ((path, old), (other, new)) in written.iter().zip(&again) {
        assert_eq!(path, other);
        let call = old["call"].as_str().unwrap();
        if call != "sts:GetCallerIdentity" && !unknown.contains(call) {
            assert_eq!(old, new, "{}", path.display());
        }
    }
    assert!(!before.is_empty());
}

/// Every answer in a capture by what it is about: outcome, and body without times and what only
/// one of the two prints.
fn as_answers(folder: &Path, but: &BTreeSet<&str>) -> BTreeMap<[String; 4], (Outcome, String)> {
    let capture = capture::load(folder).unwrap();
    let answers = capture.answers.iter().filter(|answer| {
        // Whoever asks is another session; the page that follows is not printed by both.
        !but.contains(&*answer.call) && answer.call != "sts:GetCallerIdentity"
    });
    answers
        .map(|answer| {
            let key = [
                answer.call.clone(),
                answer.account.clone(),
                answer.region.clone(),
                answer.resource.clone(),
            ];
            let body = if answer.outcome == Outcome::Ok {
                plain(&answer.body).to_string()
            } else {
                String::new()
            };
            (key, (answer.outcome, body))
        })
        .collect()
}

fn plain(node: &capture::json::Node) -> Value {
    use capture::json::Value as Json;
    // Members that moto sends although the API has no such members, and pages.
    let noise = [
        "AdditionalRoutesAvailable",
        "GrantCount",
        "IsTruncated",
        "Prefix",
        "VersionIdsToStages",
    ];
    match &node.value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => Value::from(number.clone()),
        Json::String(text) => Value::from(text.clone()),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(members) => {
            let members = members.iter().filter(|(name, value)| {
                let time = ["Date", "Time", "Timestamp"]
                    .iter()
                    .any(|end| name.ends_with(end));
                !time && !noise.contains(&name.as_str()) && value.value != Json::Null
            });
            Value::Object(
                members
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            )
        }
    }
}

#[test]
fn every_member_that_the_cli_knows_is_read_as_the_cli_reads_it() {
    let Some(bin) = python_or_skip("every_member_that_the_cli_knows") else {
        return;
    };
    for (path, expected) in [("", 60), ("/empty", 35)] {
        let sent = fresh(&format!("oracle-sent{}", path.replace('/', "-")));
        let port = free_port();
        let mut command = Command::new(bin.join("python"));
        command
            .arg(support("cli_oracle.py"))
            .args(["serve", &port.to_string()])
            .arg(&sent);
        let oracle = serve(&mut command, port);
        let capture = fresh(&format!("oracle-capture{}", path.replace('/', "-")));
        let output = catchment(&[
            "inspect",
            "aws",
            "-o",
            capture.to_str().unwrap(),
            "--endpoint-url",
            &format!("{}{path}", oracle.endpoint),
            "--region",
            REGION,
            "--attempts",
            "1",
        ]);
        assert!(output.status.success(), "{}", told(&output).1);
        let result = script(
            bin,
            "cli_oracle.py",
            &["compare", sent.to_str().unwrap(), capture.to_str().unwrap()],
        );
        let result: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result["found"], Value::Array(Vec::new()), "{path}");
        assert!(
            result["compared"].as_u64().unwrap() >= expected,
            "compared {}",
            result["compared"]
        );
    }
}

/// Calls by outcome.
fn outcomes(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, envelope) in envelopes(&folder.join("aws")) {
        let text = |name: &str| envelope[name].as_str().unwrap().to_owned();
        found
            .entry(text("outcome"))
            .or_default()
            .insert(text("call"));
    }
    found
}

#[test]
fn the_printed_policy_is_enough_signatures_are_right_and_without_it_all_is_denied() {
    let Some(bin) = python_or_skip("the_printed_policy_is_enough") else {
        return;
    };
    let output = catchment(&["inspect", "aws", "--print-policy"]);
    let (out, err) = told(&output);
    assert!(output.status.success(), "{err}");
    let policy = work().join("policy.json");
    fs::write(&policy, &out).unwrap();
    let moto = moto(bin, Some("8"));
    let keys = script(
        bin,
        "moto_estate.py",
        &[&moto.endpoint, "auditors", policy.to_str().unwrap()],
    );
    let keys: Value = serde_json::from_str(&keys).unwrap();
    let inspect = |user: &str, secret: Option<&str>, folder: &Path| {
        let key = |at: usize| keys[user][at].as_str().unwrap();
        let arguments = [
            "inspect",
            "aws",
            "-o",
            folder.to_str().unwrap(),
            "--endpoint-url",
            &moto.endpoint,
            "--region",
            REGION,
            "--attempts",
            "1",
        ];
        catchment_as([key(0), secret.unwrap_or(key(1))], &arguments)
    };

    // moto checks signatures here, also those that are ours, and asks for the permission that is
    // named like the call, where AWS has another name for it.
    let named_otherwise = [
        "s3:GetBucketEncryption",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketReplication",
        "s3:GetObjectLockConfiguration",
        "s3:GetPublicAccessBlock",
        "s3:ListBucketInventoryConfigurations",
        "s3control:GetPublicAccessBlock",
    ];
    let folder = fresh("auditor");
    let output = inspect("auditor", None, &folder);
    assert!(output.status.success(), "{}", told(&output).1);
    let found = outcomes(&folder);
    let denied: Vec<&str> = found["denied"].iter().map(String::as_str).collect();
    assert_eq!(denied, named_otherwise);
    for call in [
        "ec2:DescribeInstances",
        "elbv2:DescribeLoadBalancers",
        "kms:GetKeyPolicy",
        "s3control:ListAccessPoints",
        "secretsmanager:GetResourcePolicy",
    ] {
        assert!(found["ok"].contains(call), "{call}");
    }

    let folder = fresh("nobody");
    assert!(inspect("nobody", None, &folder).status.success());
    let found = outcomes(&folder);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["denied", "ok", "parse_error"],
        "nothing is absent for somebody who may not ask"
    );
    assert_eq!(
        found["parse_error"],
        BTreeSet::from(WITHOUT_ROUTE.map(str::to_owned))
    );
    assert_eq!(found["ok"].len(), 1, "who asks");

    let folder = fresh("wrong-secret");
    let output = inspect("auditor", Some("CANARY-wrong"), &folder);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).1.contains("SignatureDoesNotMatch"));
}

//! The AWS inspector against a server that misbehaves: pages, throttling, refusals, broken
//! connections, credentials that end in the middle. Nothing may be lost, and nothing that went wrong
//! may be read as "there is none".

#![cfg(feature = "aws")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use catchment::capture::{self, Outcome};
use catchment::estate;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

/// A request as the server sees it.
struct Request {
    /// `GetAccountAuthorizationDetails`, `ListKeys`, or `GET /bucket?policy` for S3.
    name: String,
    /// The form or the JSON document.
    body: String,
    /// The header with the signature's scope.
    authorization: String,
}

/// What the server says.
enum Say {
    /// A whole reply.
    Whole(u16, String),
    /// The same with a header.
    With(u16, &'static str, String),
    /// Half a reply, and the connection is closed.
    Half(String),
}

type Script = Arc<dyn Fn(&Request) -> Option<Say> + Send + Sync>;

/// A server on the loopback that follows a script, and otherwise refuses in XML.
struct Stub {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    port: u16,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn stub(script: impl Fn(&Request) -> Option<Say> + Send + Sync + 'static) -> Stub {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script: Script = Arc::new(script);
    let over = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (ended, log) = (over.clone(), asked.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if ended.load(Ordering::SeqCst) {
                return;
            }
            let (script, log) = (script.clone(), log.clone());
            std::thread::spawn(move || {
                let Some(mut stream) = stream.ok() else {
                    return;
                };
                if let Some(request) = read(&mut stream) {
                    log.lock().unwrap().push(request.name.clone());
                    let said = script(&request).unwrap_or_else(|| otherwise(&request));
                    let _ = stream.write_all(&written(said));
                }
            });
        }
    });
    Stub {
        endpoint: format!("http://127.0.0.1:{port}"),
        asked,
        over,
        port,
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| {
        let mut lines = head.lines();
        lines.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length")
        .and_then(|l| l.parse().ok())
        .unwrap_or(0);
    while bytes.len() < end + length {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
    let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    let action = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="));
    let target = header("x-amz-target").and_then(|t| t.split_once('.').map(|t| t.1.to_owned()));
    let name = match (action, target) {
        (Some(action), _) => action.to_owned(),
        (None, Some(target)) => target,
        (None, None) => {
            let mut words = head.split_whitespace();
            format!("{} {}", words.next()?, words.next()?)
        }
    };
    Some(Request {
        name,
        body,
        authorization: header("authorization").unwrap_or_default(),
    })
}

fn written(said: Say) -> Vec<u8> {
    let whole = |status: u16, header: &str, body: &str, length: usize| {
        format!("HTTP/1.1 {status} .\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n{body}")
            .into_bytes()
    };
    match said {
        Say::Whole(status, body) => whole(status, "", &body, body.len()),
        Say::With(status, header, body) => {
            whole(status, &format!("{header}\r\n"), &body, body.len())
        }
        Say::Half(body) => whole(200, "", &body, body.len() * 2 + 10),
    }
}

fn otherwise(request: &Request) -> Say {
    if request.name == "GetCallerIdentity" {
        return result(
            "GetCallerIdentity",
            &format!(
                "<Arn>arn:aws:iam::{ACCOUNT}:user/t</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
            ),
        );
    }
    refusal(403, "AccessDenied")
}

/// An answer of IAM or STS.
fn result(operation: &str, inner: &str) -> Say {
    Say::Whole(
        200,
        format!(
            "<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"
        ),
    )
}

fn refusal(status: u16, code: &str) -> Say {
    Say::Whole(
        status,
        format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>stub</Message></Error></ErrorResponse>"
        ),
    )
}

/// One page of account authorization details with these users.
fn details(users: &[&str], marker: Option<&str>) -> Say {
    let mut members = String::new();
    for user in users {
        write!(
            members,
            "<member><UserName>{user}</UserName><UserId>AIDA{user}</UserId><Path>/</Path>\
             <Arn>arn:aws:iam::{ACCOUNT}:user/{user}</Arn></member>"
        )
        .unwrap();
    }
    let next = marker.map_or("<IsTruncated>false</IsTruncated>".to_owned(), |marker| {
        format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>")
    });
    result(
        "GetAccountAuthorizationDetails",
        &format!(
            "<UserDetailList>{members}</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>{next}"
        ),
    )
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("stub")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn inspect(stub: &Stub, folder: &Path, more: &[&str]) -> Output {
    program::with_credentials("AKIDSTUB", "CANARY-secret-key")
        .args(["inspect", "aws", "--region", "eu-west-1", "--attempts", "2"])
        .args(["--endpoint-url", &stub.endpoint, "-o"])
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn envelope(folder: &Path, path: &str) -> Value {
    let path = folder.join("aws").join(ACCOUNT).join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(!text.contains("CANARY"), "{}", path.display());
    serde_json::from_str(&text).unwrap()
}

/// What became of a call, as the loader sees it.
fn outcome(folder: &Path, call: &str) -> Outcome {
    let capture = capture::load(folder).unwrap();
    let answers: Vec<Outcome> = capture.answers_to(call).map(|a| a.outcome).collect();
    match answers[..] {
        [outcome] => outcome,
        _ => panic!("{call}: {answers:?}"),
    }
}

const DETAILS: &str = "global/iam-GetAccountAuthorizationDetails.json";

fn users(folder: &Path) -> Vec<String> {
    let body = &envelope(folder, DETAILS)["body"];
    let users = body["UserDetailList"].as_array().unwrap();
    users
        .iter()
        .map(|user| user["UserName"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn four_pages_one_empty_and_one_throttled_are_read_whole() {
    let throttled = AtomicUsize::new(0);
    let stub = stub(move |request| {
        let page = |marker: &str| request.body.contains(&format!("Marker={marker}"));
        (request.name == "GetAccountAuthorizationDetails").then(|| {
            if page("three") && throttled.fetch_add(1, Ordering::SeqCst) == 0 {
                refusal(400, "Throttling")
            } else if page("two") {
                details(&[], Some("three"))
            } else if page("three") {
                details(&["carol"], Some("four"))
            } else if page("four") {
                details(&["dave"], None)
            } else {
                details(&["alice", "bob"], Some("two"))
            }
        })
    });
    let folder = fresh("pages");
    let output = inspect(&stub, &folder, &[]);
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(users(&folder), ["alice", "bob", "carol", "dave"]);
    assert_eq!(
        outcome(&folder, "iam:GetAccountAuthorizationDetails"),
        Outcome::Ok
    );
    let body = &envelope(&folder, DETAILS)["body"];
    assert!(body.get("Marker").is_none() && body.get("IsTruncated").is_none());
    let estate = estate::build(&capture::load(&folder).unwrap());
    assert!(
        estate
            .identities
            .contains_key(&format!("arn:aws:iam::{ACCOUNT}:user/dave"))
    );
}

#[test]
fn a_page_that_comes_again_ends_in_truncated() {
    let stub = stub(|request| {
        (request.name == "GetAccountAuthorizationDetails").then(|| {
            if request.body.contains("Marker=two") {
                details(&["bob"], Some("two"))
            } else {
                details(&["alice"], Some("two"))
            }
        })
    });
    let folder = fresh("repeated");
    assert!(inspect(&stub, &folder, &[]).status.success());
    assert_eq!(envelope(&folder, DETAILS)["outcome"], "truncated");
    assert_eq!(envelope(&folder, DETAILS)["error"]["code"], "RepeatedPage");
    assert_eq!(users(&folder), ["alice", "bob"], "what was read is kept");
    assert_eq!(
        outcome(&folder, "iam:GetAccountAuthorizationDetails"),
        Outcome::Truncated
    );
}

#[test]
fn a_list_that_is_cut_off_in_the_middle_is_kept_as_truncated() {
    let stub = stub(|request| {
        (request.name == "GetAccountAuthorizationDetails").then(|| {
            if request.body.contains("Marker=two") {
                refusal(400, "Throttling")
            } else {
                details(&["alice"], Some("two"))
            }
        })
    });
    let folder = fresh("cut-off");
    assert!(inspect(&stub, &folder, &[]).status.success());
    assert_eq!(users(&folder), ["alice"]);
    assert_eq!(envelope(&folder, DETAILS)["error"]["code"], "Throttling");
    assert_eq!(
        outcome(&folder, "iam:GetAccountAuthorizationDetails"),
        Outcome::Truncated
    );
}

#[test]
fn endless_throttling_is_throttled_and_no_empty_list() {
    let stub = stub(|request| {
        match &*request.name {
        "ListInstanceProfiles" => Some(refusal(400, "Throttling")),
        "DescribeVpcs" => Some(Say::Whole(
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"
                .to_owned(),
        )),
        _ => None,
    }
    });
    let folder = fresh("throttled");
    let output = inspect(&stub, &folder, &["--strict"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert_eq!(
        outcome(&folder, "iam:ListInstanceProfiles"),
        Outcome::Throttled
    );
    let asked = stub.asked.lock().unwrap();
    let times = asked
        .iter()
        .filter(|name| *name == "ListInstanceProfiles")
        .count();
    assert_eq!(times, 2, "as often as `--attempts` says");
}

#[test]
fn a_refusal_is_denied_in_every_protocol() {
    let stub = stub(|request| {
        match &*request.name {
        // A JSON service that refuses in XML, in JSON, and without a word.
        "ListKeys" => Some(refusal(403, "AccessDenied")),
        "ListAliases" => Some(Say::Whole(
            400,
            r#"{"__type": "com.amazon.coral.service#AccessDeniedException"}"#.to_owned(),
        )),
        "ListSecrets" => Some(Say::Whole(403, String::new())),
        "DescribeRegions" => Some(Say::Whole(
            403,
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"
                .to_owned(),
        )),
        _ => None,
    }
    });
    let folder = fresh("denied");
    assert!(inspect(&stub, &folder, &[]).status.success());
    for call in [
        "kms:ListKeys",
        "kms:ListAliases",
        "secretsmanager:ListSecrets",
        "s3:ListBuckets",
        "s3control:GetPublicAccessBlock",
        "s3control:ListAccessPoints",
        "organizations:DescribeOrganization",
        "ec2:DescribeVpcs",
        "elbv2:DescribeLoadBalancers",
    ] {
        assert_eq!(outcome(&folder, call), Outcome::Denied, "{call}");
    }
    // Refused lists lead to no questions, and every list stands as not known.
    let estate = estate::build(&capture::load(&folder).unwrap());
    let open: BTreeMap<String, Outcome> = estate
        .open_calls()
        .map(|(call, outcome)| (call.call.clone(), outcome))
        .collect();
    assert_eq!(open.get("kms:ListKeys"), Some(&Outcome::Denied));
    assert_eq!(open.get("s3:ListBuckets"), Some(&Outcome::Denied));
}

#[test]
fn only_a_listed_code_means_absent() {
    let stub = stub(|request| {
        let code = |status, code: &str| {
            Some(Say::Whole(
                status,
                format!("<Error><Code>{code}</Code></Error>"),
            ))
        };
        match &*request.name {
            name if name.starts_with("GET /?") => Some(Say::Whole(
                200,
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name></Bucket></Buckets>\
                 </ListAllMyBucketsResult>"
                    .to_owned(),
            )),
            name if name.contains("/one/?policy") => code(404, "NoSuchBucketPolicy"),
            name if name.contains("/one/?encryption") => code(404, "NoSuchBucket"),
            name if name.contains("/one/?ownershipControls") => {
                code(404, "OwnershipControlsNotFoundError")
            }
            name if name.contains("/one/?acl") => Some(Say::Whole(200, "<html>".to_owned())),
            "DescribeOrganization" => Some(Say::Whole(
                400,
                r#"{"__type": "AWSOrganizationsNotInUseException"}"#.to_owned(),
            )),
            _ => None,
        }
    });
    let folder = fresh("absent");
    assert!(inspect(&stub, &folder, &[]).status.success());
    assert_eq!(outcome(&folder, "s3:GetBucketPolicy"), Outcome::Absent);
    assert_eq!(
        outcome(&folder, "s3:GetBucketOwnershipControls"),
        Outcome::Absent
    );
    assert_eq!(
        outcome(&folder, "s3:GetBucketEncryption"),
        Outcome::ParseError
    );
    assert_eq!(outcome(&folder, "s3:GetBucketAcl"), Outcome::ParseError);
    assert_eq!(
        outcome(&folder, "organizations:DescribeOrganization"),
        Outcome::Absent
    );
    let asked = stub.asked.lock().unwrap();
    assert!(
        !asked.contains(&"ListRoots".to_owned()),
        "there is no organization to ask about"
    );
}

#[test]
fn a_body_that_breaks_off_is_asked_again_and_never_read() {
    let broken = AtomicUsize::new(0);
    let stub = stub(move |request| match &*request.name {
        "ListInstanceProfiles" => Some(if broken.fetch_add(1, Ordering::SeqCst) == 0 {
            Say::Half("<ListInstanceProfilesResponse>".to_owned())
        } else {
            result(
                "ListInstanceProfiles",
                "<IsTruncated>false</IsTruncated><InstanceProfiles/>",
            )
        }),
        // These end well-formed where they break off, and stay broken.
        "ListKeys" => Some(Say::Half(r#"{"Keys": [], "Truncated": false}"#.to_owned())),
        "DescribeVpcs" => Some(Say::Half(
            "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>".to_owned(),
        )),
        _ => None,
    });
    let folder = fresh("broken");
    assert!(inspect(&stub, &folder, &[]).status.success());
    assert_eq!(outcome(&folder, "iam:ListInstanceProfiles"), Outcome::Ok);
    assert_eq!(outcome(&folder, "kms:ListKeys"), Outcome::ParseError);
    assert_eq!(outcome(&folder, "ec2:DescribeVpcs"), Outcome::ParseError);
    let envelope = envelope(&folder, "eu-west-1/ec2-DescribeVpcs.json");
    assert_eq!(
        (&envelope["status"], &envelope["body"]),
        (&json!(0), &Value::Null)
    );
}

/// A small estate with every answer it takes.
fn healthy(request: &Request) -> Option<Say> {
    match &*request.name {
        "GetAccountAuthorizationDetails" => Some(details(&["alice"], None)),
        "ListKeys" => Some(Say::Whole(
            200,
            r#"{"Keys": [{"KeyId": "k1"}, {"KeyId": "k2"}], "Truncated": false}"#.to_owned(),
        )),
        "GetKeyPolicy" => Some(Say::Whole(200, r#"{"Policy": "{}"}"#.to_owned())),
        "ListGrants" => Some(Say::Whole(200, r#"{"Grants": [], "Truncated": false}"#.to_owned())),
        "DescribeVpcs" => Some(Say::Whole(
            200,
            "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>"
                .to_owned(),
        )),
        _ => None,
    }
}

/// Every file of a capture without the times of its calls.
fn timeless(folder: &Path) -> BTreeMap<PathBuf, Value> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.join("aws")];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let mut envelope: Value =
                    serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                envelope["at"] = Value::Null;
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), envelope);
            }
        }
    }
    files
}

#[test]
fn credentials_that_end_in_the_middle_stop_the_run_and_resume_completes_it() {
    let whole = fresh("uninterrupted");
    let stub_whole = stub(healthy);
    assert!(inspect(&stub_whole, &whole, &[]).status.success());

    let count = AtomicUsize::new(0);
    let renewed = Arc::new(AtomicBool::new(false));
    let now = renewed.clone();
    let stub_ending = stub(move |request| {
        let ended = count.fetch_add(1, Ordering::SeqCst) >= 12 && !now.load(Ordering::SeqCst);
        if ended {
            return Some(refusal(403, "ExpiredToken"));
        }
        healthy(request)
    });
    let folder = fresh("ended");
    let output = inspect(&stub_ending, &folder, &["--concurrency", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("ExpiredToken"), "{}", err(&output));
    assert!(err(&output).contains("--resume"), "{}", err(&output));
    let before = timeless(&folder);
    assert!(!before.is_empty() && before.len() < timeless(&whole).len());
    // What is there is usable, and nothing in it comes from the end of the credentials.
    capture::load(&folder).unwrap();
    assert!(
        before
            .values()
            .all(|e| e["error"]["code"] != "ExpiredToken")
    );

    // Not without being told to.
    let output = inspect(&stub_ending, &folder, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--resume"), "{}", err(&output));

    renewed.store(true, Ordering::SeqCst);
    let output = inspect(&stub_ending, &folder, &["--resume"]);
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(
        timeless(&folder),
        timeless(&whole),
        "as if nothing had happened"
    );
}

#[test]
fn resume_asks_again_what_is_not_settled_and_half_files() {
    let folder = fresh("again");
    let first = stub(healthy);
    assert!(inspect(&first, &folder, &[]).status.success());
    let vpcs = folder
        .join("aws")
        .join(ACCOUNT)
        .join("eu-west-1/ec2-DescribeVpcs.json");
    let text = fs::read_to_string(&vpcs).unwrap();
    fs::write(&vpcs, &text[..text.len() / 2]).unwrap();
    let second = stub(|request| match &*request.name {
        // Refused before.
        "ListSecrets" => Some(Say::Whole(200, r#"{"SecretList": []}"#.to_owned())),
        _ => healthy(request),
    });
    assert!(inspect(&second, &folder, &["--resume"]).status.success());
    assert_eq!(outcome(&folder, "secretsmanager:ListSecrets"), Outcome::Ok);
    assert_eq!(outcome(&folder, "ec2:DescribeVpcs"), Outcome::Ok);
    let asked = second.asked.lock().unwrap();
    for settled in ["ListKeys", "GetKeyPolicy", "GetAccountAuthorizationDetails"] {
        assert!(!asked.contains(&settled.to_owned()), "{settled}");
    }
}

#[test]
fn a_region_that_doubts_the_credentials_is_refused_and_the_rest_goes_on() {
    let stub = stub(|request| match &*request.name {
        "ListKeys" => Some(Say::Whole(
            400,
            r#"{"__type": "UnrecognizedClientException", "message": "invalid"}"#.to_owned(),
        )),
        "DescribeVpcs" => Some(refusal(401, "AuthFailure")),
        _ => healthy(request),
    });
    let folder = fresh("doubt");
    assert!(inspect(&stub, &folder, &[]).status.success());
    assert_eq!(outcome(&folder, "kms:ListKeys"), Outcome::Denied);
    assert_eq!(outcome(&folder, "ec2:DescribeVpcs"), Outcome::Denied);
    assert_eq!(
        outcome(&folder, "iam:GetAccountAuthorizationDetails"),
        Outcome::Ok
    );
}

#[test]
fn credentials_that_nobody_knows_are_said_at_once() {
    let stub = stub(|_| Some(refusal(403, "InvalidClientTokenId")));
    let folder = fresh("nobody");
    let output = inspect(&stub, &folder, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("InvalidClientTokenId"),
        "{}",
        err(&output)
    );
    assert!(
        !folder.exists(),
        "the folder can be used when the credentials are right"
    );
}

#[test]
fn a_bucket_is_asked_in_its_own_region() {
    let stub = stub(|request| {
        if request.name.starts_with("GET /?") {
            return Some(Say::Whole(
                200,
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>far</Name></Bucket></Buckets>\
                 </ListAllMyBucketsResult>"
                    .to_owned(),
            ));
        }
        if !request.name.contains("/far/?versioning") {
            return None;
        }
        Some(if request.authorization.contains("/eu-central-1/s3/") {
            Say::Whole(
                200,
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
                    .to_owned(),
            )
        } else {
            Say::With(
                301,
                "x-amz-bucket-region: eu-central-1",
                "<Error><Code>PermanentRedirect</Code></Error>".to_owned(),
            )
        })
    });
    let folder = fresh("region");
    assert!(inspect(&stub, &folder, &[]).status.success());
    let answer = envelope(&folder, "global/s3-GetBucketVersioning/far.json");
    assert_eq!(answer["body"], json!({"Status": "Enabled"}));
}

#[test]
fn an_account_that_cannot_be_entered_is_said_and_written_down() {
    let stub = stub(|_| None);
    let folder = fresh("entered");
    let role = "arn:aws:iam::444455556666:role/audit";
    let output = inspect(&stub, &folder, &["--assume-role", role, "--strict"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(err(&output).contains("444455556666"), "{}", err(&output));
    let path = folder.join("aws/444455556666/global/sts-AssumeRole.json");
    let envelope: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(envelope["outcome"], "denied");
    assert_eq!(envelope["params"]["RoleArn"], role);
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let folder = fresh("foreign");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let stub = stub(|_| None);
    for more in [&[][..], &["--resume"][..]] {
        let output = inspect(&stub, &folder, more);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("not empty"), "{}", err(&output));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert!(stub.asked.lock().unwrap().is_empty(), "nobody was asked");
}

//! `simulate iam`: cases as people and scripts send them, and what comes back.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

#[path = "support/program.rs"]
mod program;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Output, Stdio};

use program::{err, out, program, refuses};
use serde_json::{Value, json};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const OBJECT: &str = "arn:aws:s3:::events/t/0.log";

/// Runs `simulate iam` over these bytes.
fn pipe(flags: &[&str], input: &[u8]) -> Output {
    let mut child = program(&[&["simulate", "iam"], flags].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

/// The answers to these cases.
fn answers(flags: &[&str], cases: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = cases.iter().map(ToString::to_string).collect();
    let output = pipe(flags, lines.join("\n").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let lines = out(&output);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ask(flags: &[&str], case: Value) -> Value {
    answers(flags, &[case]).remove(0)
}

fn result(flags: &[&str], case: Value) -> String {
    let answer = ask(flags, case);
    answer["result"].as_str().unwrap().to_owned()
}

/// Alice reads an object under these identity policy statements.
fn case(statements: &Value, context: &Value) -> Value {
    json!({
        "id": "x",
        "request": {
            "action": "s3:GetObject",
            "resource": { "arn": OBJECT, "accountId": "111122223333" },
            "principal": ALICE,
            "context": context
        },
        "identityPolicies": [{ "Version": "2012-10-17", "Statement": statements }]
    })
}

fn with(mut case: Value, member: &str, value: Value) -> Value {
    case[member] = value;
    case
}

fn discovery(statements: &Value) -> Value {
    with(case(statements, &json!({})), "mode", json!("Discovery"))
}

fn allow(condition: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition })
}

fn deny(condition: &Value) -> Value {
    json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition })
}

#[test]
fn malformed_cases_are_answered_and_stop_no_other() {
    let good = case(&allow(&json!({})), &json!({})).to_string();
    let deep = "[".repeat(100_000);
    let bad: [(&[u8], &str); 14] = [
        (b"{", ""),
        (b"nonsense", ""),
        (b"\xff\xfe{}", "UTF-8"),
        (deep.as_bytes(), ""),
        (b"[]", "an object"),
        (b"{\"id\": \"m\"}", "`request` is missing"),
        (b"{\"id\": \"m\", \"request\": 7}", "an object is needed"),
        (
            b"{\"id\": \"m\", \"request\": {\"action\": \"s3:Get\", \"resource\": {}}}",
            "`arn` is missing",
        ),
        (
            &[good
                .replace(ALICE, "alice")
                .replace("\"x\"", "\"m\"")
                .into_bytes()]
            .concat(),
            "`principal` is `alice`",
        ),
        (
            &[good
                .replace("\"context\":{}", "\"context\":{\"k\":null}")
                .into_bytes()]
            .concat(),
            "a string or a list of strings",
        ),
        (
            &[good
                .replace("identityPolicies", "identityPolicy")
                .into_bytes()]
            .concat(),
            "is `identityPolicies` meant?",
        ),
        (
            &[good.replace("\"id\"", "\"scps\":[{}],\"id\"").into_bytes()].concat(),
            "a level is needed",
        ),
        (
            &[good
                .replace("\"id\"", "\"mode\":\"Loose\",\"id\"")
                .into_bytes()]
            .concat(),
            "`mode`",
        ),
        (
            &[good
                .replace("\"id\"", "\"sessionPolicy\":7,\"id\"")
                .into_bytes()]
            .concat(),
            "a policy document is needed",
        ),
    ];
    let mut input = Vec::new();
    for (line, _) in &bad {
        input.extend_from_slice(line);
        input.extend_from_slice(format!("\r\n\n{good}\n").as_bytes());
    }
    let output = pipe(&[], &input);
    assert_eq!(output.status.code(), Some(0));
    let text = out(&output);
    let answers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2 * bad.len());
    for (pair, (line, says)) in answers.chunks(2).zip(bad) {
        let shown = String::from_utf8_lossy(line.get(..60).unwrap_or(line)).into_owned();
        let error = pair[0]["error"].as_str().unwrap_or_default();
        assert!(error.contains(says), "{shown}: {}", pair[0]);
        assert!(pair[0].get("result").is_none(), "{shown}");
        let names = String::from_utf8_lossy(line).contains("\"id\"");
        assert_eq!(pair[0]["id"].is_null(), !names, "{shown}");
        assert_eq!(pair[1]["result"], "Allowed", "after {shown}");
    }
}

#[test]
fn a_document_that_cannot_be_read_to_the_end_is_decided_as_far_as_it_can_be() {
    let odd = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": { "StringResembles": { "a": "b" } } });
    let answer = ask(&["--explain"], case(&odd, &json!({})));
    assert_eq!(answer["result"], "Conditional");
    assert_eq!(answer["explain"]["condition"], "StringResembles a = b");
    let remark = &answer["explain"]["remarks"][0];
    let at = "/identityPolicies/0/Statement/Condition/StringResembles";
    assert_eq!(remark["at"], at);
    // A deny of which the effect cannot be read may be one.
    let both = json!([allow(&json!({})), { "Action": "s3:*", "Resource": "*" }]);
    assert_eq!(result(&[], case(&both, &json!({}))), "Conditional");
    let line = case(&odd, &json!({})).to_string();
    let output = pipe(&[], format!("\n{line}\n").as_bytes());
    assert!(err(&output).contains("line 2"), "{}", err(&output));
    // A member that no case has is left alone.
    let more = with(case(&allow(&json!({})), &json!({})), "note", json!("why"));
    assert_eq!(result(&[], more), "Allowed");
}

#[test]
fn defaults_are_for_keys_that_a_case_does_not_give() {
    let statement = allow(&json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }));
    let (here, there) = (
        json!({ "aws:SourceVpce": "vpce-1" }),
        json!({ "AWS:sourcevpce": "vpce-2" }),
    );
    let given = ["--context", "aws:sourceVPCE=vpce-1"];
    assert_eq!(result(&given, case(&statement, &json!({}))), "Allowed");
    assert_eq!(result(&given, case(&statement, &there)), "ImplicitlyDenied");
    let absent = ["--absent", "aws:SourceVpce"];
    assert_eq!(result(&absent, case(&statement, &here)), "Allowed");
    // Unknown, absent and known to be something else are three things.
    let not = discovery(&allow(
        &json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }),
    ));
    assert_eq!(result(&[], not.clone()), "Conditional");
    assert_eq!(result(&absent, not.clone()), "Allowed");
    assert_eq!(result(&["--closed"], not.clone()), "Allowed");
    assert_eq!(result(&given, not.clone()), "ImplicitlyDenied");
    assert_eq!(
        result(&["--closed", given[0], given[1]], not),
        "ImplicitlyDenied"
    );
    // Given twice, a key has two values.
    let tags = discovery(&allow(
        &json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }),
    ));
    let two = ["--context", "aws:TagKeys=a", "--context", "aws:TagKeys=c"];
    assert_eq!(result(&two, tags), "ImplicitlyDenied");
    refuses(&["simulate", "iam", "--context", "k"], &["KEY=VALUE"]);
    let both = ["simulate", "iam", "--context", "k=1", "--absent", "K"];
    refuses(&both, &["keep one"]);
}

#[test]
fn an_explanation_has_the_statements_the_smallest_condition_and_the_unknown_keys() {
    let vpce = json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } });
    let outside = json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" },
        "Bool": { "aws:ViaAWSService": "false" } });
    let mut named = allow(&vpce);
    named["Sid"] = json!("Inside");
    let open = discovery(&json!([named, deny(&outside)]));
    let answer = ask(&["--explain"], open);
    let explained = &answer["explain"];
    assert_eq!(answer["result"], "Conditional");
    // What the grant asks for keeps the deny away, too.
    assert_eq!(
        explained["condition"],
        "StringEquals aws:SourceVpce = vpce-1"
    );
    assert_eq!(explained["strength"], "conditional");
    assert_eq!(
        explained["unknown"],
        json!(["aws:SourceVpce", "aws:ViaAWSService"])
    );
    let deciding = &explained["deciding"][0];
    assert_eq!(deciding["layer"], "identityPolicies");
    assert_eq!(deciding["sid"], "Inside");
    assert_eq!(deciding["at"], "/identityPolicies/0/Statement/0");
    assert_eq!(explained["residual"].as_array().unwrap().len(), 3);
    assert_eq!(
        explained["residual"][0]["only_if"],
        "StringEquals aws:SourceVpce = vpce-1"
    );

    // Either of two grants does.
    let mfa = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    let either = ask(
        &["--explain"],
        discovery(&json!([allow(&vpce), allow(&mfa)])),
    );
    assert_eq!(
        either["explain"]["condition"],
        "StringEquals aws:SourceVpce = vpce-1 or Bool aws:MultiFactorAuthPresent = true"
    );
    let denied = ask(
        &["--explain"],
        case(&json!([allow(&json!({})), deny(&json!({}))]), &json!({})),
    );
    assert_eq!(denied["result"], "ExplicitlyDenied");
    assert_eq!(denied["explain"]["condition"], "never");
    assert_eq!(denied["explain"]["blocked_by"], json!(["identityPolicies"]));
    assert_eq!(denied["explain"]["deciding"][0]["effect"], "Deny");
    let nothing = ask(&["--explain"], case(&json!([]), &json!({})));
    assert_eq!(nothing["result"], "ImplicitlyDenied");
    assert_eq!(nothing["explain"]["deciding"], json!([]));
}

#[test]
fn conditions_that_hold_or_fail_whatever_is_unknown_are_settled() {
    let is = json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } });
    let is_not = json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } });
    let either = json!([allow(&is), allow(&is_not)]);
    assert_eq!(result(&[], discovery(&either)), "Allowed");
    let neither = json!([allow(&is), deny(&is)]);
    assert_eq!(result(&[], discovery(&neither)), "ExplicitlyDenied");
    let bounded = with(
        discovery(&allow(&is)),
        "permissionBoundary",
        json!({ "Version": "2012-10-17", "Statement": allow(&is_not) }),
    );
    assert_eq!(result(&[], bounded), "ImplicitlyDenied");
}

#[test]
fn who_asks_and_what_for_are_read_from_the_names() {
    let everyone = |action: &str, principal: Value| {
        json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" } })
    };
    let asks = |principal: &str, action: &str, arn: &str, policy: Value| {
        let mut case = case(&json!([]), &json!({}));
        case["request"]["principal"] = json!(principal);
        case["request"]["action"] = json!(action);
        case["request"]["resource"]["arn"] = json!(arn);
        with(case, "resourcePolicy", policy)
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let full = json!([{ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*" } }]);
    // Actions on no key have no key policy; those on a key need one.
    for (action, arn, want) in [
        ("kms:ListKeys", "*", "Allowed"),
        ("kms:Decrypt", key, "ImplicitlyDenied"),
    ] {
        let mut case = asks(ALICE, action, arn, Value::Null);
        case["identityPolicies"] = full.clone();
        assert_eq!(result(&[], case), want, "{action}");
    }
    // A provider without an ARN vouches for whoever assumes a role with its token.
    let role = "arn:aws:iam::111122223333:role/app";
    let google = everyone(
        "sts:AssumeRoleWithWebIdentity",
        json!({ "Federated": "accounts.google.com" }),
    );
    let case = asks(
        "accounts.google.com",
        "sts:AssumeRoleWithWebIdentity",
        role,
        google,
    );
    assert_eq!(result(&[], case), "Allowed");
    // A federated session is its user's, and has only what was passed to it.
    let session = "arn:aws:sts::111122223333:federated-user/alice";
    let mut case = asks(
        session,
        "s3:GetObject",
        OBJECT,
        everyone("s3:*", json!({ "AWS": ALICE })),
    );
    assert_eq!(result(&[], case.clone()), "ImplicitlyDenied");
    case["sessionPolicy"] = full[0].clone();
    assert_eq!(result(&[], case), "Allowed");
    // A role that is called like a service-linked one is one, unless its `aws:PrincipalArn` says not.
    let session = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s";
    let mut case = asks(session, "s3:GetObject", OBJECT, Value::Null);
    case["identityPolicies"] = full;
    case["scps"] = json!([[]]);
    assert_eq!(result(&[], case.clone()), "Allowed");
    let plain = "arn:aws:iam::111122223333:role/AWSServiceRoleForX";
    case["request"]["context"]["aws:PrincipalArn"] = json!(plain);
    assert_eq!(result(&[], case), "ImplicitlyDenied");
    // The path of a session's role is in its `aws:PrincipalArn`.
    let path = "arn:aws:iam::111122223333:role/team/app";
    let session = "arn:aws:sts::111122223333:assumed-role/app/s";
    let named = everyone("s3:*", json!({ "AWS": path }));
    let mut case = asks(session, "s3:GetObject", OBJECT, named);
    assert_eq!(result(&[], case.clone()), "ImplicitlyDenied");
    case["request"]["context"]["aws:PrincipalArn"] = json!(path);
    assert_eq!(result(&[], case), "Allowed");
}

#[test]
fn an_answer_comes_before_the_next_case_is_sent_and_a_closed_pipe_is_quiet() {
    let line = format!("{}\n", case(&allow(&json!({})), &json!({})));
    let mut child = program(&["simulate", "iam"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, "{\"id\":\"x\",\"result\":\"Allowed\"}\n");
    }
    drop(stdout);
    // Whether all of it can still be written is the program's choice.
    let _ = stdin.write_all(line.repeat(2000).as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "");
}

#[test]
fn a_policy_of_two_megabytes_is_a_case_like_any_other() {
    let names: Vec<String> = (0..40_000)
        .map(|i| format!("arn:aws:s3:::bucket-with-a-long-name-{i}/prefix/*"))
        .collect();
    let large = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": names });
    let line = case(&large, &json!({}));
    assert!(line.to_string().len() > 2_000_000);
    assert_eq!(result(&[], line), "ImplicitlyDenied");
}

//! Who gets code of its own to run in functions.

use super::*;

fn coder(statements: &[Value]) -> Case {
    let case = Case::bucket().function("score", &outside());
    case.roles(&[("score", LAMBDA, &[reads()]), ("coder", "us", statements)])
}

#[test]
fn lambda_update_function_code() {
    let code = allow("lambda:UpdateFunctionCode", FUNCTION);
    // Whether anything runs it was not read.
    assert_eq!(
        coder(std::slice::from_ref(&code)).role_says("coder"),
        Conditional
    );
    let mapped = coder(std::slice::from_ref(&code)).mapping("orders", "Enabled", "10.9.9.9:9092");
    assert_eq!(mapped.role_says("coder"), Always);
    let off = coder(std::slice::from_ref(&code)).mapping("orders", "Disabled", "10.9.9.9:9092");
    assert_eq!(off.role_says("coder"), Conditional);
    let other = allow(
        "lambda:UpdateFunctionCode",
        &FUNCTION.replace("score", "other"),
    );
    assert_eq!(coder(&[other]).role_says("coder"), Never);
    let denied = deny("lambda:UpdateFunctionCode", "*");
    assert_eq!(coder(&[code, denied]).role_says("coder"), Never);
}

#[test]
fn lambda_update_function_code_invoke() {
    let code = allow("lambda:UpdateFunctionCode", FUNCTION);
    let both = [code, allow("lambda:InvokeFunction", FUNCTION)];
    assert_eq!(coder(&both).role_says("coder"), Always);
    assert_eq!(coder(&both[1..]).role_says("coder"), Never);
}

/// Two functions that statements tell apart are decided apart, and the near miss names its own.
#[test]
fn functions_that_a_statement_names_are_not_decided_together() {
    let other = FUNCTION.replace("score", "other");
    let case = |statement: Value| {
        let functions = json!({ "Functions": [
            { "FunctionName": "a", "FunctionArn": other, "Role": arn("idle") },
            { "FunctionName": "score", "FunctionArn": FUNCTION, "Role": arn("score") } ]});
        let case = Case::bucket().with("lambda-list-functions.json", &functions);
        let all = [allow("lambda:*", "*"), statement];
        case.roles(&[
            ("score", LAMBDA, &[reads()]),
            ("idle", LAMBDA, &[]),
            ("coder", "us", &all),
        ])
    };
    assert_eq!(
        case(deny("lambda:UpdateFunction*", &other)).role_says("coder"),
        Always
    );
    assert_eq!(
        case(deny("lambda:UpdateFunction*", FUNCTION)).role_says("coder"),
        Never
    );
    let denied = case(deny("lambda:UpdateFunction*", "*"));
    let told = explain(&view(&denied.0, None), &arn("coder"), "payments").unwrap();
    let told = serde_json::to_string(&told.lacks).unwrap();
    assert!(told.contains(FUNCTION) && !told.contains(&other), "{told}");
}

#[test]
fn lambda_update_function_configuration() {
    let settings = allow("lambda:UpdateFunctionConfiguration", FUNCTION);
    let layer = allow("lambda:GetLayerVersion", "*");
    assert_eq!(
        coder(std::slice::from_ref(&settings)).role_says("coder"),
        Never
    );
    let mapped = coder(&[settings, layer]).mapping("orders", "Enabled", "10.9.9.9:9092");
    assert_eq!(mapped.role_says("coder"), Always);
}

#[test]
fn lambda_update_function_configuration_invoke() {
    let settings = allow("lambda:UpdateFunctionConfiguration", FUNCTION);
    let layer = allow("lambda:GetLayerVersion", "arn:aws:lambda:*:*:layer:tools:*");
    assert_eq!(
        coder(&[settings.clone(), layer.clone()]).role_says("coder"),
        Conditional
    );
    let invoke = allow("lambda:InvokeFunction", "*");
    assert_eq!(coder(&[settings, layer, invoke]).role_says("coder"), Always);
}

#[test]
fn lambda_create_function() {
    let case = |trusted: &str, statements: &[Value]| {
        Case::bucket().roles(&[("target", trusted, &[reads()]), ("maker", "us", statements)])
    };
    let make = allow(
        "lambda:CreateFunction",
        "arn:aws:lambda:eu-west-1:111122223333:function:ci-*",
    );
    let run = allow("lambda:InvokeFunction", "*");
    let all = [passes(LAMBDA), make.clone(), run.clone()];
    assert_eq!(case(LAMBDA, &all).role_says("maker"), Always);
    assert_eq!(case("ec2.amazonaws.com", &all).role_says("maker"), Never);
    assert_eq!(
        case(LAMBDA, &[passes(LAMBDA), make.clone()]).role_says("maker"),
        Never
    );
    assert_eq!(
        case(LAMBDA, &[passes(TASKS), make, run]).role_says("maker"),
        Never
    );
}

fn network() -> Value {
    allow("ec2:Describe*", "*")
}

#[test]
fn lambda_create_function_in_subnet() {
    let case = |target: &[Value], maker: &[Value]| {
        Case::door().roles(&[("target", LAMBDA, target), ("maker", "us", maker)])
    };
    let all = [passes(LAMBDA), allow("lambda:*", "*"), network()];
    let interfaces = [allow("ec2:CreateNetworkInterface", "*")];
    assert_eq!(case(&interfaces, &all).role_says("maker"), Always);
    assert_eq!(case(&[], &all).role_says("maker"), Never);
    assert_eq!(case(&interfaces, &all[..2]).role_says("maker"), Never);
}

#[test]
fn lambda_move_function_to_subnet() {
    let case = |target: &[Value], maker: &[Value]| {
        let case = Case::door().function("target", &outside());
        case.roles(&[("target", LAMBDA, target), ("maker", "us", maker)])
    };
    let all = [
        allow("lambda:Update*", "*"),
        allow("lambda:Invoke*", "*"),
        network(),
    ];
    let interfaces = [allow("ec2:CreateNetworkInterface", "*")];
    assert_eq!(case(&interfaces, &all).role_says("maker"), Always);
    assert_eq!(case(&[], &all).role_says("maker"), Never);
}

/// Adds roles and a function of `events` to harbor, whose MSK cluster authenticates by IAM.
fn with_events(role_statements: &[Value], maker: &[Value]) -> Strength {
    let mut files = fixture("large/harbor");
    let account = "307090150307";
    let path = format!("accounts/{account}/us-east-1/iam-get-account-authorization-details.json");
    let mut known: Value = serde_json::from_str(&files[&path]).unwrap();
    let trust = |principal: Value| json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]);
    let ours = |role: Value| -> Value {
        serde_json::from_str(&role.to_string().replace("111122223333", account)).unwrap()
    };
    let all = known["RoleDetailList"].as_array_mut().unwrap();
    all.push(ours(role(
        "events",
        &trust(json!({ "Service": LAMBDA })),
        role_statements,
    )));
    let us = json!({ "AWS": format!("arn:aws:iam::{account}:root") });
    all.push(ours(role("maker", &trust(us), maker)));
    files.insert(path, known.to_string());
    let path = format!("accounts/{account}/eu-central-1/lambda-list-functions.json");
    let mut functions: Value = serde_json::from_str(&files[&path]).unwrap();
    functions["Functions"].as_array_mut().unwrap().push(json!({
        "FunctionName": "events", "Role": arn("events").replace("111122223333", account),
        "FunctionArn": format!("arn:aws:lambda:eu-central-1:{account}:function:events") }));
    files.insert(path, functions.to_string());
    let pair = (
        arn("maker").replace("111122223333", account),
        "orders".to_owned(),
    );
    // Else one that nobody listed may stand before the connections of other VPCs.
    let config = files.get_mut("catchment.toml").unwrap();
    *config = config.replacen("[assume]", "[assume]\nload-balancers = \"none\"", 1);
    cells(&view(&files, None))
        .get(&pair)
        .copied()
        .unwrap_or_default()
}

#[test]
fn lambda_create_event_source_mapping() {
    let role = [
        allow("kafka-cluster:*", "*"),
        allow("kafka:GetBootstrapBrokers", "*"),
        allow("ec2:CreateNetworkInterface", "*"),
    ];
    let code = allow("lambda:UpdateFunctionCode", "*:function:events");
    let map = allow("lambda:CreateEventSourceMapping", "*");
    let (code, map) = (&code, &map);
    let code = json!({ "Effect": "Allow", "Action": code["Action"],
        "Resource": "arn:aws:lambda:*:*:function:events" });
    let invoke = allow(
        "lambda:InvokeFunction",
        "arn:aws:lambda:*:*:function:events",
    );
    let all = [code, invoke, map.clone()];
    assert_eq!(with_events(&role, &all), Always);
    assert_eq!(with_events(&role[1..], &all), Never);
    // Without the mapping the function sits outside of any VPC, and its role reaches no broker.
    assert_eq!(with_events(&role, &all[..2]), Never);
}

//! Who gets code of its own to run in tasks.

use super::*;

#[test]
fn ecs_execute_command() {
    let agent = allow("ssmmessages:*", "*");
    let case = |exec: &Value, own: &[Value], operator: &[Value]| {
        let case = Case::bucket().task("app", exec, &json!([]));
        case.roles(&[
            ("app", TASKS, own),
            ("starter", TASKS, &[]),
            ("operator", "us", operator),
        ])
    };
    let own = [reads(), agent];
    let run = [allow("ecs:ExecuteCommand", "*")];
    assert_eq!(case(&json!(true), &own, &run).role_says("operator"), Always);
    assert_eq!(case(&json!(false), &own, &run).role_says("operator"), Never);
    assert_eq!(
        case(&Value::Null, &own, &run).role_says("operator"),
        Conditional
    );
    assert_eq!(
        case(&json!(true), &own[..1], &run).role_says("operator"),
        Never
    );
    // Both the task and its cluster are asked for.
    let one = [allow("ecs:ExecuteCommand", TASK)];
    assert_eq!(case(&json!(true), &own, &one).role_says("operator"), Never);
    let both = [
        allow("ecs:ExecuteCommand", TASK),
        allow("ecs:ExecuteCommand", ECS),
    ];
    assert_eq!(
        case(&json!(true), &own, &both).role_says("operator"),
        Always
    );
    let within = |cluster: &str| {
        json!({ "Effect": "Allow", "Action": "ecs:ExecuteCommand", "Resource": "*",
            "Condition": { "ArnEquals": { "ecs:cluster": cluster }}})
    };
    let says = |cluster: &str| case(&json!(true), &own, &[within(cluster)]).role_says("operator");
    assert_eq!(says(ECS), Always);
    assert_eq!(says(&ECS.replace("apps", "web")), Never);
}

#[test]
fn ecs_run_task() {
    let case = |trusted: &str, statements: &[Value]| {
        Case::bucket().roles(&[("target", trusted, &[reads()]), ("maker", "us", statements)])
    };
    let all = [
        passes(TASKS),
        allow(
            "ecs:RunTask",
            "arn:aws:ecs:*:111122223333:task-definition/ci-*",
        ),
        allow("ecs:RegisterTaskDefinition", "*"),
    ];
    assert_eq!(case(TASKS, &all).role_says("maker"), Always);
    assert_eq!(case(LAMBDA, &all).role_says("maker"), Never);
    assert_eq!(case(TASKS, &all[..2]).role_says("maker"), Never);
}

#[test]
fn ecs_update_service() {
    let case = |statements: &[Value]| {
        Case::bucket().roles(&[("target", TASKS, &[reads()]), ("maker", "us", statements)])
    };
    let all = [
        passes(TASKS),
        allow(
            "ecs:UpdateService",
            "arn:aws:ecs:eu-west-1:111122223333:service/apps/web",
        ),
        allow("ecs:RegisterTaskDefinition", "*"),
    ];
    assert_eq!(case(&all).role_says("maker"), Always);
    assert_eq!(case(&all[1..]).role_says("maker"), Never);
}

#[test]
fn ecs_create_service() {
    let case = |statements: &[Value]| {
        Case::bucket().roles(&[("target", TASKS, &[reads()]), ("maker", "us", statements)])
    };
    let all = [
        passes(TASKS),
        allow("ecs:CreateService", "*"),
        allow("ecs:RegisterTaskDefinition", "*"),
    ];
    assert_eq!(case(&all).role_says("maker"), Always);
    assert_eq!(case(&all[..2]).role_says("maker"), Never);
}

/// A trust policy that asks for the account or the ARN of what runs: the account is the role's own,
/// and what runs is whatever its maker likes.
#[test]
fn roles_that_trust_tasks_of_their_own_account_alone() {
    let case = |key: &str, value: &str| {
        let trust = json!([{ "Effect": "Allow", "Principal": { "Service": TASKS },
            "Action": "sts:AssumeRole", "Condition": { "StringLike": { key: value }}}]);
        let maker = json!([{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::111122223333:root" }}]);
        let own = [allow("ecs:*", "*"), passes(TASKS)];
        let roles = [
            role("target", &trust, &[reads()]),
            role("maker", &maker, &own),
        ];
        let mut case = Case::bucket();
        let identities = details(&roles).to_string();
        case.0.insert(IDENTITIES.to_owned(), identities);
        case.role_says("maker")
    };
    assert_eq!(case("aws:SourceAccount", "111122223333"), Always);
    assert_eq!(case("aws:SourceAccount", "444455556666"), Never);
    let tasks = "arn:aws:ecs:eu-west-1:111122223333:*";
    assert_eq!(case("aws:SourceArn", tasks), Always);
}

#[test]
fn ecs_run_task_in_subnet() {
    let case = |statements: &[Value]| Case::door().roles(&[("maker", "us", statements)]);
    let all = [
        allow("ecs:RunTask", "*"),
        allow("ecs:RegisterTaskDefinition", "*"),
    ];
    assert_eq!(case(&all).role_says("maker"), Always);
    assert_eq!(case(&all[..1]).role_says("maker"), Never);
}

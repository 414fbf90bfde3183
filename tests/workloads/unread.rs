//! What was not collected is told once, and is never taken for nobody.

use super::*;

#[test]
fn whoever_aws_auth_names_is_told_once() {
    let whoever = format!("whoever aws-auth of {EKS} names");
    assert_eq!(
        ships(&everywhere(), "API_AND_CONFIG_MAP", &[]).says(&whoever),
        Gap
    );
    assert_eq!(ships(&everywhere(), "CONFIG_MAP", &[]).says(&whoever), Gap);
    assert_eq!(ships(&everywhere(), "API", &[]).says(&whoever), Never);
}

#[test]
fn access_entries_that_were_not_listed_are_told_once() {
    let mut case = ships(&everywhere(), "API", &[]);
    case.0
        .remove(&format!("{HERE}/eks-list-access-entries/ships.json"));
    let whoever = "whoever eks:ListAccessEntries of ships (account 111122223333) names";
    assert_eq!(case.says(whoever), Gap);
    assert_eq!(case.role_says("admin"), Never);
}

#[test]
fn functions_that_were_not_listed_are_told_once() {
    let case = Case::bucket().mapping("payments", "Enabled", "kafka.example:9092");
    let case = case.roles(&[("target", LAMBDA, &[reads()]), ("other", TASKS, &[reads()])]);
    let whoever = "whoever runs in functions that lambda:ListFunctions \
                   (account 111122223333, eu-west-1) lists";
    assert_eq!(case.says(whoever), Gap);
    assert_eq!(case.function("target", &outside()).says(whoever), Never);
}

#[test]
fn tasks_that_were_not_described_are_told_once() {
    let case = || {
        let case = Case::bucket().roles(&[("target", TASKS, &[reads()])]);
        case.with("ecs-list-clusters.json", &json!({ "clusterArns": [ECS] }))
    };
    let whoever = format!(
        "whoever runs in tasks that ecs:DescribeTasks of {ECS} (account 111122223333, eu-west-1) lists"
    );
    assert_eq!(case().says(&whoever), Gap);
    let none = json!({ "tasks": [] });
    assert_eq!(
        case()
            .with("ecs-describe-tasks/apps.json", &none)
            .says(&whoever),
        Never
    );
}

#[test]
fn a_task_whose_definition_was_not_read_may_act_as_any_role_of_tasks() {
    let mut case = Case::bucket().task("app", &json!(false), &json!([]));
    case.0
        .remove(&format!("{HERE}/ecs-describe-task-definition/app.json"));
    let task = format!("task {TASK}");
    let case = case.roles(&[("app", TASKS, &[reads()])]);
    assert_eq!(case.says(&task), Gap);
    assert_eq!(
        case.roles(&[("app", LAMBDA, &[reads()])]).says(&task),
        Never
    );
}

/// Whoever rules an account that was not read rules its functions and tasks.
#[test]
fn identities_that_were_not_read_may_change_functions() {
    let mut case = Case::door().function("score", &outside());
    case = case.mapping("payments", "Enabled", "10.0.1.11:9092");
    case.0.remove(IDENTITIES);
    let whoever = "whoever iam:GetAccountAuthorizationDetails (account 111122223333) lists";
    assert_eq!(case.says(whoever), Gap);
}

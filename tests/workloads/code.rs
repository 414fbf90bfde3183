//! What code in a function, task or pod leads to.

use super::*;

#[test]
fn workload_role() {
    let case = Case::bucket().function("score", &outside());
    let reader = case.roles(&[("score", LAMBDA, &[reads()])]);
    assert_eq!(reader.says(&function()), Always);
    assert!(reader.goes_by(&function(), "runs as"));
    let case = Case::bucket().function("score", &outside());
    assert_eq!(
        case.roles(&[("score", LAMBDA, &[])]).says(&function()),
        Never
    );
    // The execution role is the agent's: containers do not get it.
    let roles: [Role<'_>; 2] = [("app", TASKS, &[]), ("starter", TASKS, &[reads()])];
    let task = Case::bucket().task("app", &json!(false), &json!([]));
    assert_eq!(task.roles(&roles).says(&format!("task {TASK}")), Never);
    let roles: [Role<'_>; 2] = [("app", TASKS, &[reads()]), ("starter", TASKS, &[])];
    let task = Case::bucket().task("app", &json!(false), &json!([]));
    assert_eq!(task.roles(&roles).says(&format!("task {TASK}")), Always);
}

#[test]
fn workload_place() {
    let case = |vpc: &Value| {
        Case::door()
            .function("score", vpc)
            .roles(&[("score", LAMBDA, &[])])
    };
    assert_eq!(case(&inside("sg-clients")).says(&function()), Always);
    assert_eq!(case(&inside("sg-others")).says(&function()), Never);
    assert_eq!(case(&outside()).says(&function()), Never);
    // A group that was not listed may be any.
    assert_eq!(case(&inside("sg-unlisted")).says(&function()), Never);
    let unnamed = json!({ "SubnetIds": [SUBNET], "SecurityGroupIds": [] });
    assert_eq!(case(&unnamed).says(&function()), Gap);
    // The session of its role takes no network along.
    assert_eq!(case(&inside("sg-clients")).role_says("score"), Never);
}

#[test]
fn workload_place_of_a_task_is_its_interface_or_the_network_of_its_service() {
    let at = |subnet: &str| {
        json!([{ "name": "subnetId", "value": subnet }, { "name": "networkInterfaceId",
            "value": "eni-0task" }, { "name": "privateIPv4Address", "value": "10.0.1.77" }])
    };
    let roles: [Role<'_>; 1] = [("app", TASKS, &[])];
    let case = Case::door()
        .task("app", &json!(false), &at(SUBNET))
        .roles(&roles);
    // Nobody listed the interface, and so not its groups.
    assert_eq!(case.says(&format!("task {TASK}")), Gap);
    let service = json!({ "services": [{ "clusterArn": ECS, "serviceName": "app", "status": "ACTIVE",
        "serviceArn": "arn:aws:ecs:eu-west-1:111122223333:service/apps/app", "desiredCount": 2,
        "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/app:3",
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": [SUBNET],
            "securityGroups": ["sg-clients"] }}}]});
    let case = Case::door()
        .task("app", &json!(false), &at(SUBNET))
        .roles(&roles);
    let mut case = case.with("ecs-describe-services/apps.json", &service);
    let tasks = "tasks of arn:aws:ecs:eu-west-1:111122223333:service/apps/app";
    case.0
        .remove(&format!("{HERE}/ecs-describe-tasks/apps.json"));
    assert_eq!(case.says(tasks), Always);
    let none = service
        .to_string()
        .replace("\"desiredCount\":2", "\"desiredCount\":0");
    let case = case.with(
        "ecs-describe-services/apps.json",
        &serde_json::from_str(&none).unwrap(),
    );
    assert_eq!(case.says(tasks), Never);
}

#[test]
fn workload_perhaps_client() {
    // A task in the network of its instance, which is not told.
    let case = Case::door().task("app", &json!(false), &json!([]));
    assert_eq!(
        case.roles(&[("app", TASKS, &[])])
            .says(&format!("task {TASK}")),
        Gap
    );
}

#[test]
fn position_of_place() {
    // The bucket denies whoever does not come through the endpoint.
    let case = || Case(fixture("small/vpce-with-host"));
    let roles: [Role<'_>; 1] = [("app", LAMBDA, &[reads()])];
    let through = case()
        .function("app", &inside("sg-0a10000000000001a"))
        .roles(&roles);
    assert_eq!(through.says(&function()), Always);
    let past = case().function("app", &outside()).roles(&roles);
    assert_eq!(past.says(&function()), Never);
}

#[test]
fn task_secret() {
    let mut files = fixture("large/harbor");
    let path = "accounts/307090150307/eu-central-1/ecs-describe-task-definition/crm-profile.json";
    let tasks = "tasks of arn:aws:ecs:eu-central-1:307090150307:service/services/crm-profile";
    let customers = |files: &Files| {
        let pair = (tasks.to_owned(), "customers".to_owned());
        cells(&view(files, None))
            .get(&pair)
            .copied()
            .unwrap_or_default()
    };
    assert_eq!(customers(&files), Always);
    let text = files[path].clone();
    // A key of the secret, and its ARN without the characters at the end, mean the same secret.
    for (from, to) in [
        ("crm-6pCa5s", "crm-6pCa5s:password::"),
        ("crm-6pCa5s", "crm"),
    ] {
        files.insert(path.to_owned(), text.replace(from, to));
        assert_eq!(customers(&files), Always, "{to}");
    }
    files.insert(
        path.to_owned(),
        text.replace("crm-6pCa5s", "another-6pCa5s"),
    );
    assert_eq!(customers(&files), Never);
    // The definition was not read: it may give any secret of the account.
    files.remove(path);
    assert_eq!(customers(&files), Gap);
}

#[test]
fn function_receives() {
    let case = |topic: &str, state: &str, server: &str| {
        let case = Case::door().function("score", &outside());
        case.mapping(topic, state, server)
            .roles(&[("score", LAMBDA, &[])])
    };
    assert_eq!(
        case("payments", "Enabled", "10.0.1.11:9092").says(&function()),
        Always
    );
    assert_eq!(
        case("payments", "Disabled", "10.0.1.11:9092").says(&function()),
        Conditional
    );
    assert_eq!(
        case("orders", "Enabled", "10.0.1.11:9092").says(&function()),
        Never
    );
    // Nobody knows whose servers these are.
    assert_eq!(
        case("payments", "Enabled", "kafka.example:9092").says(&function()),
        Conditional
    );
    // Events are sent to the function, and not to whoever holds its role.
    assert_eq!(
        case("payments", "Enabled", "10.0.1.11:9092").role_says("score"),
        Never
    );
}

#[test]
fn function_receives_what_a_pipe_sends_it() {
    let pipe = json!({ "Arn": "arn:aws:pipes:eu-west-1:111122223333:pipe/p", "Name": "p",
        "Source": "smk://10.0.1.11:9092", "Target": format!("{FUNCTION}:live"),
        "CurrentState": "RUNNING", "RoleArn": arn("pipe"), "SourceParameters": {
            "SelfManagedKafkaParameters": { "TopicName": "payments" }}});
    let case = Case::door()
        .function("score", &outside())
        .roles(&[("score", LAMBDA, &[])]);
    let case = case.with("pipes-list-pipes.json", &json!({ "Pipes": [pipe] }));
    let case = case.with("pipes-describe-pipe/p.json", &pipe);
    assert_eq!(case.says(&function()), Always);
}

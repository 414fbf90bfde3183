//! Projections: every model onto every other, and what the published permissions of a platform
//! come to when they are evaluated.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::capture::Capture;
use catchment::estate::{self, Estate, Holding, Origin, Seen, Severity};
use catchment::facts::Kind;
use catchment::models::{self, Compute, project};
use catchment::reach::Strength;
use support::{Files, fixture, strength, try_view, view};

const PIER: &str = "small/pier";
const CONSOLE: &str = "arn:aws:iam::111122223333:role/automq-console-pier";
const VENDOR: &str = "account 381492316447 (vendor AutoMQ HK Limited)";

/// Pier, with another `catchment.toml` below what it has up to its models.
fn pier(models: &str) -> Files {
    let mut files = fixture(PIER);
    let config = files.get_mut("catchment.toml").unwrap();
    let at = config.find("# What the move would use").unwrap();
    config.truncate(at);
    config.push_str(models);
    files
}

fn moved(estate: &Estate, model: &str) -> Estate {
    let target = models::find(model).unwrap();
    project(estate, &models::built_in().unwrap(), Some(&target)).unwrap()
}

#[test]
fn every_model_can_be_projected_onto_every_other() {
    let pier = estate::build(&Capture::from_files(fixture(PIER)));
    let known = models::built_in().unwrap();
    for from in &known {
        let first = moved(&pier, &from.id);
        for to in &known {
            let second = moved(&first, &to.id);
            let cluster = &second.clusters["pier"];
            let what = format!("{} to {}", from.id, to.id);
            assert_eq!(cluster.model, to.id, "{what}");
            assert_eq!(
                cluster.managed.is_some(),
                to.compute == Compute::Service,
                "{what}"
            );
            for holding in &cluster.must_hold {
                let brokers = || cluster.brokers.values().filter(|broker| broker.holds_data);
                let there = match holding {
                    Holding::LogVolumes => brokers().all(|b| !b.volumes.is_empty()),
                    Holding::WalVolumes => brokers().all(|b| !b.wal_volumes.is_empty()),
                    Holding::Bucket => cluster.buckets.contains_key("data"),
                    Holding::FileSystem => cluster.file_systems.contains_key("wal"),
                };
                assert!(there, "{what}: {holding:?}");
            }
            for broker in cluster.brokers.values().filter(|broker| broker.holds_data) {
                let host = broker.host.as_ref().map(|link| &second.hosts[&link.to]);
                match to.compute {
                    Compute::Instances => assert!(!host.unwrap().gone, "{what}"),
                    Compute::Service => assert!(host.is_none(), "{what}"),
                }
                assert_eq!(broker.interface.is_some(), host.is_none(), "{what}");
                assert!(!broker.listeners.is_empty(), "{what}");
            }
            let errors: Vec<_> = second
                .diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .filter(|d| !pier.diagnostics.contains(d))
                .collect();
            assert!(errors.is_empty(), "{what}: {errors:?}");
        }
    }
}

#[test]
fn volumes_that_a_move_takes_away_stay_known_by_their_snapshots() {
    let pier = estate::build(&Capture::from_files(fixture(PIER)));
    let before: Vec<String> = pier.clusters["pier"]
        .brokers
        .values()
        .flat_map(|broker| broker.volumes.iter().map(|link| link.to.clone()))
        .collect();
    assert!(!before.is_empty());
    for model in [
        "msk-standard",
        "automq-s3-wal",
        "automq-ebs-wal",
        "automq-nfs-wal",
    ] {
        let after = moved(&pier, model);
        let retired = &after.clusters["pier"].retired_volumes;
        let retired: Vec<String> = retired.iter().map(|(_, link)| link.to.clone()).collect();
        assert_eq!(retired, before, "{model}");
        let view = view(&fixture(PIER), Some(model));
        let snapshot = view
            .derivation
            .things
            .find(Kind::Snapshot, "snap-0b31d7f2a96c40001");
        assert!(snapshot.is_some(), "{model}");
    }
}

#[test]
fn what_a_projection_adds_is_marked_as_assumed() {
    let pier = estate::build(&Capture::from_files(fixture(PIER)));
    for model in models::built_in().unwrap() {
        let after = moved(&moved(&pier, "msk-standard"), &model.id);
        let assumed = |origin: &Origin| matches!(origin, Origin::Assumed { .. });
        let hosts = after
            .hosts
            .iter()
            .filter(|(id, _)| !pier.hosts.contains_key(*id));
        assert!(hosts.into_iter().all(|(_, host)| assumed(&host.origin)));
        let volumes = after
            .volumes
            .iter()
            .filter(|(id, _)| !pier.volumes.contains_key(*id));
        assert!(
            volumes
                .into_iter()
                .all(|(_, volume)| assumed(&volume.origin))
        );
        let roles = after
            .identities
            .iter()
            .filter(|(arn, _)| !pier.identities.contains_key(*arn));
        assert!(roles.into_iter().all(|(_, role)| assumed(&role.origin)));
    }
}

#[test]
fn on_msk_the_properties_and_listeners_are_the_service_s() {
    let pier = estate::build(&Capture::from_files(fixture(PIER)));
    let after = moved(&pier, "msk-standard");
    for broker in after.clusters["pier"].brokers.values() {
        let everyone = &broker.properties["allow.everyone.if.no.acl.found"];
        assert_eq!(everyone.value, "true");
        assert_eq!(everyone.source.file(), "graphs/models/msk-standard.toml");
        assert!(!broker.properties.contains_key("super.users"));
        let names: Vec<_> = broker
            .listeners
            .iter()
            .map(|l| (&*l.name, l.port))
            .collect();
        assert_eq!(names, [("CLIENT_SASL_SCRAM", 9096)]);
    }
    for id in [
        "i-0b10c6d2a7e4f9011",
        "i-0b20c6d2a7e4f9022",
        "i-0b30c6d2a7e4f9033",
    ] {
        assert!(after.hosts[id].gone, "{id}");
    }
}

/// Listeners move to MSK's ports, and the groups of the brokers stay unless somebody says others.
#[test]
fn groups_that_admit_nobody_on_the_service_s_ports_are_told() {
    let told = |text: &str| {
        let mut files = fixture("large/harbor");
        files.get_mut("catchment.toml").unwrap().push_str(text);
        let estate = estate::build(&Capture::from_files(files));
        let moved = moved(&estate, "msk-standard");
        let mut told = moved.diagnostics.into_iter();
        told.find(|d| d.code == "kept-groups-shut-the-ports")
    };
    let warning = told("").unwrap();
    assert_eq!(warning.severity, Severity::Warning);
    assert!(warning.message.contains("port 9096"), "{}", warning.message);
    let other = "\n[model.msk-standard]\nsecurity-groups = \"sg-0b14d6fda313e93ba\"\n";
    assert_eq!(told(other), None);
}

/// Whoever runs a broker acts as its role, and where its instance was not found, that is somebody.
#[test]
fn a_broker_of_shared_storage_whose_instance_was_not_found_is_run_by_somebody() {
    let mut files = pier("[model.automq]\ndata-bucket = \"new\"\naccount = \"111122223333\"\n");
    let who = "whoever reads the log as broker 1 of pier";
    let listed = |files: &Files| {
        let view = view(files, Some("automq-s3-wal"));
        let principals = view.derivation.principals.iter();
        let told = principals.filter(|p| p.name == who).count();
        told > 0
    };
    assert!(!listed(&files));
    files.retain(|path, _| !path.contains("ec2-describe-instances"));
    assert!(listed(&files));
}

#[test]
fn an_authentication_that_the_platform_lacks_is_refused_with_its_line() {
    let files = pier("[model.msk-standard]\nauthentication = \"iam, kerberos\"\n");
    let error = try_view(&files, Some("msk-standard"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("catchment.toml:")
            && error.contains("`kerberos`")
            && error.contains("scram"),
        "{error}"
    );
}

#[test]
fn clients_that_authenticate_by_iam_lose_their_listener_outside_msk() {
    let files = pier("[model.msk-standard]\nauthentication = \"iam, scram\"\n");
    let pier = estate::build(&Capture::from_files(files));
    let after = moved(&moved(&pier, "msk-standard"), "automq-s3-wal");
    let broker = after.clusters["pier"].brokers.values().next().unwrap();
    assert!(broker.listeners.iter().all(|l| l.name != "CLIENT_IAM"));
    assert!(
        broker
            .listeners
            .iter()
            .any(|l| l.name == "CLIENT_SASL_SCRAM")
    );
    assert!(
        after
            .diagnostics
            .iter()
            .any(|d| d.code == "authentication-not-offered")
    );
}

#[test]
fn a_model_s_own_parameters_go_before_those_of_several() {
    let files = pier(
        "[model.automq]\ndata-bucket = \"pier-stream\"\nconsole-role = \"none\"\n\n\
         [model.automq-ebs-wal]\ndata-bucket = \"pier-other\"\n",
    );
    let estate = estate::build(&Capture::from_files(files));
    for (model, bucket) in [
        ("automq-s3-wal", "pier-stream"),
        ("automq-ebs-wal", "pier-other"),
    ] {
        assert_eq!(
            moved(&estate, model).clusters["pier"].buckets["data"].to,
            bucket
        );
    }
}

#[test]
fn a_cluster_that_does_not_move_stays_what_it_is() {
    let files = pier("[cluster.pier]\nmoves = false\n");
    let estate = estate::build(&Capture::from_files(files));
    let after = moved(&estate, "automq-s3-wal");
    assert_eq!(after.clusters["pier"].model, "self-managed");
    assert!(after.clusters["pier"].buckets.is_empty());
}

#[test]
fn a_new_file_system_is_open_to_whoever_reaches_a_mount_target() {
    let files = pier(
        "[model.automq]\ndata-bucket = \"pier-stream\"\nkey = \"sse-s3\"\nconsole-role = \"none\"\nbroker-role = \"arn:aws:iam::111122223333:role/pier-broker\"\n",
    );
    let view = view(&files, Some("automq-nfs-wal"));
    let store = view.estate.file_systems.values().next().unwrap();
    assert_eq!(store.policy.as_ref(), None);
    assert!(matches!(store.policy, Seen::Absent));
    let targets = store.mount_targets.as_ref().unwrap();
    assert_eq!(targets.len(), 3);
    // The brokers mount it, and reading needs no right of their role.
    let proofs = support::explain(&view, "host i-0b10c6d2a7e4f9011", "payments").unwrap();
    let text = catchment::report::document(&proofs);
    assert!(text.contains("efs-mount-anonymous"), "{text}");
}

/// `platforms.md`, section 3, `console_passrole_escalation` and `console_no_direct_read`: the
/// Console may not get objects of the data bucket, and may start an instance as the broker role.
#[test]
fn the_console_reads_by_passing_the_broker_role_and_not_directly() {
    let files = pier(
        "[model.automq]\ndata-bucket = \"new-data\"\nops-bucket = \"new-ops\"\nkey = \"sse-s3\"\n",
    );
    let view = view(&files, Some("automq-s3-wal"));
    assert_eq!(strength(&view, CONSOLE, "audit"), Strength::Always);
    let proofs = support::explain(&view, CONSOLE, "audit").unwrap();
    let text = catchment::report::document(&proofs);
    assert!(text.contains("pass-role-run-instances"), "{text}");
    assert!(text.contains("PassAutoMQDataPlaneRole"), "{text}");
    // A broker role that no instance may take leaves the Console without a way.
    let direct = proofs
        .proofs
        .iter()
        .any(|proof| !catchment::report::document(proof).contains("automq-broker-pier"));
    assert!(!direct, "{text}");
}

/// `platforms.md`, section 3, `same_bucket_risk`: where one bucket serves for data and for logs,
/// the vendor's grant on logs is a grant on events.
#[test]
fn one_bucket_for_data_and_logs_lets_the_vendor_read_events() {
    let apart = pier(
        "[model.automq]\ndata-bucket = \"new-data\"\nops-bucket = \"new-ops\"\nkey = \"sse-s3\"\n",
    );
    let apart = view(&apart, Some("automq-s3-wal"));
    assert_eq!(strength(&apart, VENDOR, "payments"), Strength::Never);
    let shared = pier(
        "[model.automq]\ndata-bucket = \"new-data\"\nops-bucket = \"new-data\"\nkey = \"sse-s3\"\n",
    );
    let shared = view(&shared, Some("automq-s3-wal"));
    assert!(strength(&shared, VENDOR, "payments") >= Strength::Conditional);
    let proofs = support::explain(&shared, VENDOR, "payments").unwrap();
    let text = catchment::report::document(&proofs);
    assert!(text.contains("graphs/parts/automq.toml"), "{text}");
}

/// Pier twice: the same brokers serve a second cluster of that name.
fn with_second(name: &str, models: &str) -> Files {
    let mut files = pier(models);
    let copies: Vec<(String, String)> = files
        .iter()
        .filter(|(path, _)| path.starts_with("kafka/pier/"))
        .map(|(path, text)| {
            (
                path.replace("kafka/pier/", &format!("kafka/{name}/")),
                text.clone(),
            )
        })
        .collect();
    files.extend(copies);
    files
}

/// `platforms.md`, section 3, `tag_scope_not_environment`: the broker role's right to attach WAL
/// volumes is scoped by the vendor's tag alone, so brokers of one environment reach those of
/// another.
#[test]
fn a_broker_attaches_the_wal_volume_of_another_environment() {
    // Berth's broker 1 has an instance of its own, in the zone of pier's.
    let models = "[[pin]]\nlink = \"broker-host\"\nfrom = \"berth/1\"\nto = \"i-0a10c6d2a7e4f9041\"\n\n\
                  [model.automq]\nkey = \"sse-s3\"\nconsole-role = \"none\"\n";
    let view = view(&with_second("berth", models), Some("automq-ebs-wal"));
    let proofs = support::explain(&view, "host i-0b10c6d2a7e4f9011", "berth/orders").unwrap();
    let text = catchment::report::document(&proofs);
    assert!(text.contains("ebs-attach-volume"), "{text}");
    assert!(text.contains("VolumeFailover"), "{text}");
}

/// `platforms.md`, section 3, `abac_tag_bypass`: the Console's right to attach volumes asks for a
/// tag, and its right to tag asks for nothing.
#[test]
fn the_console_tags_a_volume_first_and_attaches_it_then() {
    let models = "[cluster.legacy]\nmoves = false\n\n[model.automq]\nkey = \"sse-s3\"\n";
    let mut files = with_second("legacy", models);
    // Without a customer's key there is nothing but the tag.
    let volumes = files
        .iter_mut()
        .filter(|(path, _)| path.contains("ec2-describe-volumes"));
    for (_, text) in volumes {
        *text = text.replace("\"Encrypted\": true", "\"Encrypted\": false");
    }
    let view = view(&files, Some("automq-ebs-wal"));
    assert_eq!(view.estate.clusters["legacy"].model, "self-managed");
    let proofs = support::explain(&view, "host of the Console of pier", "legacy/orders").unwrap();
    let text = catchment::report::document(&proofs);
    assert!(text.contains("ebs-create-tags"), "{text}");
    assert!(text.contains("ebs-attach-volume"), "{text}");
    assert!(text.contains("ProvisionCompute"), "{text}");
}

//! The laws of the design, on the shipped estates.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::reach::Strength;
use serde_json::{Value, json};
use support::{Files, all_fixtures, cells, explain, fixture, strength, try_view, view};

const MODELS: [Option<&str>; 2] = [None, Some("automq-s3-wal")];

fn edit(files: &Files, file: &str, change: impl FnOnce(&mut Value)) -> Files {
    let mut files = files.clone();
    let mut json: Value = serde_json::from_str(&files[file]).unwrap();
    change(&mut json);
    files.insert(
        file.to_owned(),
        serde_json::to_string_pretty(&json).unwrap(),
    );
    files
}

/// Law 1. Whatever file is missing, nobody who read before is called unreachable: the pair still
/// reads, or the answer says who it may be without our knowing.
#[test]
fn unknown_is_never_no_for_any_missing_file() {
    let files = fixture("small/pier");
    let mut open = 0;
    for model in MODELS {
        let whole = cells(&view(&files, model));
        for name in files
            .keys()
            .filter(|n| *n != "README.md" && *n != "catchment.toml")
        {
            let mut fewer = files.clone();
            fewer.remove(name);
            let Ok(view) = try_view(&fewer, model) else {
                continue;
            };
            let now = cells(&view);
            for pair in whole.keys().filter(|pair| !now.contains_key(pair)) {
                let Some(explained) = explain(&view, &pair.0, &pair.1) else {
                    continue;
                };
                assert!(
                    !explained.may_also_be.is_empty(),
                    "without {name}, {} is said not to read {} under {model:?}",
                    pair.0,
                    pair.1
                );
                open += 1;
            }
        }
    }
    assert!(open > 50, "only {open} pairs rested on a missing file");
}

/// Law 1, the other way: less input never makes an answer surer.
#[test]
fn a_missing_file_never_makes_a_reader_certain() {
    let files = fixture("small/pier");
    for model in MODELS {
        let whole = cells(&view(&files, model));
        for name in files
            .keys()
            .filter(|n| *n != "README.md" && *n != "catchment.toml")
        {
            let mut fewer = files.clone();
            fewer.remove(name);
            let Ok(view) = try_view(&fewer, model) else {
                continue;
            };
            for (pair, strength) in cells(&view) {
                let before = whole.get(&pair).copied().unwrap_or_default();
                assert!(
                    strength < Strength::Always || before == Strength::Always,
                    "without {name}, {} reads {} for certain under {model:?}",
                    pair.0,
                    pair.1
                );
            }
        }
    }
}

/// Law 1. What is not collected is said, call by call.
#[test]
fn every_missing_answer_is_named_in_the_coverage() {
    let files = fixture("small/pier");
    let known = |files: &Files| {
        let view = view(files, None);
        catchment::query::map(&view).gaps.len()
    };
    let before = known(&files);
    for name in files
        .keys()
        .filter(|name| name.contains("/eu-west-1/") && name.contains("1111"))
    {
        let mut fewer = files.clone();
        fewer.remove(name);
        // What only described a thing that another answer lists is one call less, not a gap more.
        if name.contains("describe-key/") {
            continue;
        }
        assert!(known(&fewer) >= before, "{name} leaves no gap");
    }
}

const ONE: &str = "arn:aws:iam::111122223333:role/";

/// Law 4. What one request needs belongs to one identity; requests meet through what lies in the
/// estate.
#[test]
fn one_caller_per_request_and_holders_between_requests() {
    let one = view(&fixture("small/one-caller"), None);
    for role in ["reader", "decrypter"] {
        assert_eq!(
            strength(&one, &format!("{ONE}{role}"), "payments"),
            Strength::Never,
            "{role}"
        );
    }
    let two = view(&fixture("small/two-identities"), None);
    assert_eq!(strength(&two, "user/both", "payments"), Strength::Always);
    let lying = view(&fixture("small/existing-snapshot"), None);
    assert_eq!(
        strength(&lying, &format!("{ONE}restore"), "payments"),
        Strength::Always
    );
}

/// Law 5. A deny that spares one endpoint needs code behind that endpoint.
#[test]
fn a_position_is_a_capability() {
    let with = view(&fixture("small/vpce-with-host"), None);
    let without = view(&fixture("small/vpce-without-host"), None);
    let readers = |view: &catchment::query::View| {
        let cells = cells(view);
        cells
            .into_keys()
            .filter(|(p, _)| p.contains("host "))
            .count()
    };
    assert_eq!(readers(&with), 1);
    assert_eq!(readers(&without), 0);
}

/// Law 4 and 5. What S3 asks of KMS for the caller is no request through the caller's endpoint, so
/// an endpoint policy that knows S3 alone does not stand in its way.
#[test]
fn an_endpoint_policy_is_about_the_requests_of_its_own_service() {
    let mut files = fixture("small/vpce-with-host");
    let key = "arn:aws:kms:eu-west-1:111122223333:key/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001";
    let folder = "accounts/111122223333/eu-west-1";
    let encryption = json!({ "ServerSideEncryptionConfiguration": { "Rules": [{
        "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key },
        "BucketKeyEnabled": true
    }]}});
    let policy = json!({ "Policy": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::111122223333:role/app" },
        "Action": "kms:Decrypt",
        "Resource": "*"
    }]}});
    files.insert(
        format!("{folder}/s3-get-bucket-encryption/quay-stream.json"),
        encryption.to_string(),
    );
    let file = format!("{folder}/kms-get-key-policy/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001.json");
    files.insert(file, policy.to_string());
    let endpoints = format!("{folder}/ec2-describe-vpc-endpoints.json");
    let files = edit(&files, &endpoints, |json| {
        let only_s3 = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*"
        }]});
        json["VpcEndpoints"][0]["PolicyDocument"] = only_s3.to_string().into();
    });
    let view = view(&files, None);
    assert_eq!(
        strength(&view, "host i-0a10000000000001a", "payments"),
        Strength::Always
    );
    assert_eq!(strength(&view, "user/ops", "payments"), Strength::Always);
}

/// Law 5. Kafka compares the client's address as text: a host in an ACL is a position, and a text
/// that no address is written as matches nobody.
#[test]
fn kafka_acl_hosts_are_position_classes() {
    let user = "kafka User:clickstream-etl";
    let mut files = fixture("small/pier");
    let reads = |files: &Files| strength(&view(files, None), user, "clickstream");
    assert_eq!(reads(&files), Strength::Conditional);
    for (host, expected) in [
        ("0:0:0:0:0:0:0:1", Strength::Conditional),
        ("::1", Strength::Never),
        ("10.20.16.0/24", Strength::Never),
        ("client.pier.example", Strength::Never),
    ] {
        let acls = files.get_mut("kafka/pier/acls.txt").unwrap();
        *acls = fixture("small/pier")["kafka/pier/acls.txt"].replace("10.20.16.40", host);
        assert_eq!(reads(&files), expected, "{host}");
    }
}

/// Monotone, exactly: an Allow more, in any document that is there and is not public, takes no
/// reader away and makes none less sure.
#[test]
fn adding_an_allow_statement_never_removes_a_reader() {
    let files = fixture("small/pier");
    let file = "accounts/111122223333/us-east-1/iam-get-account-authorization-details.json";
    for model in MODELS {
        let whole = cells(&view(&files, model));
        let json: Value = serde_json::from_str(&files[file]).unwrap();
        let roles = json["RoleDetailList"].as_array().unwrap().len();
        let mut checked = 0;
        for role in 0..roles {
            let more = edit(&files, file, |json| {
                let role = &mut json["RoleDetailList"][role];
                let policies = role["RolePolicyList"].as_array_mut().unwrap();
                for policy in policies {
                    let Some(list) = policy["PolicyDocument"]["Statement"].as_array_mut() else {
                        continue;
                    };
                    list.push(json!({ "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" }));
                    checked += 1;
                }
            });
            let now = cells(&view(&more, model));
            for (pair, strength) in &whole {
                assert!(now.get(pair) >= Some(strength), "{pair:?} under {model:?}");
            }
        }
        assert!(checked > 5, "only {checked} documents");
    }
}

/// First exception: Kafka's default for resources without an ACL ends for everybody when somebody
/// gets an ACL.
#[test]
fn exception_an_acl_for_one_ends_the_default_for_all() {
    let mut files = fixture("small/kafka-default-allow");
    let bob = "kafka User:bob";
    assert_eq!(
        strength(&view(&files, None), bob, "clickstream"),
        Strength::Conditional
    );
    let acls = files.get_mut("kafka/quay/acls.txt").unwrap();
    acls.push_str(
        "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=clickstream, \
         patternType=LITERAL)`:\n \
         \t(principal=User:alice, host=*, operation=READ, permissionType=ALLOW)\n",
    );
    let after = view(&files, None);
    assert_eq!(strength(&after, bob, "clickstream"), Strength::Never);
    assert_eq!(
        strength(&after, "kafka User:alice", "clickstream"),
        Strength::Conditional
    );
}

/// Second exception: under `RestrictPublicBuckets` one public statement cuts off the fixed
/// cross-account grants next to it.
#[test]
fn exception_a_public_statement_under_restrict_public_buckets() {
    let files = fixture("small/cross-account-bucket");
    let copier = "arn:aws:iam::444455556666:role/copier";
    assert_eq!(
        strength(&view(&files, None), copier, "payments"),
        Strength::Always
    );
    let policy = files
        .keys()
        .find(|name| name.contains("get-bucket-policy"))
        .unwrap()
        .clone();
    let public = edit(&files, &policy, |json| {
        let body = if json.get("body").is_some() {
            &mut json["body"]
        } else {
            json
        };
        let mut document = body["Policy"].clone();
        if let Some(text) = document.as_str() {
            document = serde_json::from_str(text).unwrap();
        }
        document["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::quay-stream/other/*"
        }));
        body["Policy"] = document;
    });
    let block = json!({ "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": true,
        "IgnorePublicAcls": true,
        "BlockPublicPolicy": false,
        "RestrictPublicBuckets": true
    }});
    let mut public = public;
    let folder = policy.rsplit_once("/s3-get-bucket-policy").unwrap().0;
    public.insert(
        format!("{folder}/s3-get-public-access-block/quay-stream.json"),
        block.to_string(),
    );
    assert_eq!(
        strength(&view(&public, None), copier, "payments"),
        Strength::Never
    );
}

/// Third exception: an endpoint without a policy lets everything through, until it has one.
#[test]
fn exception_an_endpoint_is_open_until_it_has_a_policy() {
    let files = fixture("small/vpce-with-host");
    let host = cells(&view(&files, None));
    let (host, _) = host
        .into_keys()
        .find(|(p, _)| p.starts_with("host "))
        .unwrap();
    let file = files
        .keys()
        .find(|name| name.contains("describe-vpc-endpoints"))
        .unwrap()
        .clone();
    let closed = edit(&files, &file, |json| {
        let body = if json.get("body").is_some() {
            &mut json["body"]
        } else {
            json
        };
        body["VpcEndpoints"][0]["PolicyDocument"] = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::elsewhere/*"
            }]
        })
        .to_string()
        .into();
    });
    assert_eq!(
        strength(&view(&files, None), &host, "payments"),
        Strength::Always
    );
    assert_eq!(
        strength(&view(&closed, None), &host, "payments"),
        Strength::Never
    );
}

/// Law 9. A projection whose broker cannot read its own log is an error, and says what to look at.
#[test]
fn a_projection_whose_broker_cannot_read_its_own_log_is_refused() {
    let files = fixture("small/pier");
    let policy = files
        .keys()
        .find(|name| name.ends_with("get-bucket-policy/pier-stream.json"));
    let closed = edit(&files, policy.unwrap(), |json| {
        let statements = json["body"]["Policy"]["Statement"].as_array_mut().unwrap();
        statements.push(json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::pier-stream/*"
        }));
    });
    let error = try_view(&closed, Some("automq-s3-wal"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("could not read its own log") && error.contains("catchment.toml"));
}

/// Law 9. What a projection assumes stands in the proof as assumed; what depends on a parameter
/// that nobody set is conditional.
#[test]
fn an_unset_parameter_makes_what_depends_on_it_conditional() {
    let mut files = fixture("small/pier");
    let config = files["catchment.toml"].clone();
    let (before, _) = config.split_once("[model.automq]").unwrap();
    files.insert("catchment.toml".to_owned(), before.to_owned());
    let view = view(&files, Some("automq-s3-wal"));
    let scientist = format!("{ONE}pier-data-science");
    let explained = explain(&view, &scientist, "payments").unwrap();
    assert!(
        explained.strength < Strength::Always,
        "{:?}",
        explained.strength
    );
    let broker = explain(&view, &format!("{ONE}automq-broker-pier"), "payments").unwrap();
    assert_eq!(broker.strength, Strength::Conditional);
    let evidence = broker.proofs[0]
        .steps
        .iter()
        .flat_map(|step| &step.evidence);
    assert!(evidence.clone().any(|e| e.origin == "assumed"));
}

/// Law 10. Same input, same bytes out, whatever order the files are read in.
#[test]
fn same_input_same_bytes() {
    for name in all_fixtures() {
        let files = fixture(&name);
        let text = |files: &Files| {
            let view = view(files, None);
            let assets: Vec<_> = view.assets.iter().collect();
            catchment::report::document(&catchment::query::who(&view, &assets))
                + &catchment::report::document(&catchment::query::map(&view))
        };
        assert_eq!(text(&files), text(&files), "{name}");
    }
}

/// Law 8. Facts on assets carry a verb: who may only write does not read.
#[test]
fn facts_on_assets_carry_a_verb() {
    use catchment::facts::{Kind, Predicate, Verb};
    use catchment::reach::naive;

    let view = view(&fixture("small/pier"), None);
    let derivation = &view.derivation;
    let lane = view.principal("kafka User:web-checkout").unwrap();
    let held = naive(&derivation.table, &derivation.principals[lane].lane());
    let payments = derivation
        .things
        .find(Kind::Topic, "pier/payments")
        .unwrap();
    let does = |verb: Verb| {
        let fact = derivation.facts.find(Predicate::Topic(verb), payments);
        fact.map_or(Strength::Never, |fact| held[fact.index()])
    };
    assert_eq!(does(Verb::Write), Strength::Conditional);
    assert_eq!(does(Verb::Read), Strength::Never);
    assert_eq!(does(Verb::Destroy), Strength::Never);
}

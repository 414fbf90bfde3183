//! S3 Access Grants: grants and locations, scopes, directories, other accounts, what was not listed.

use catchment::reach::Strength::{Always, Conditional, Gap};
use serde_json::{Value, json};

use crate::support::case::{ACCOUNT, Case, KEY, OBJECTS, OTHER};
use crate::support::{allow, document};

const INSTANCE: &str = "arn:aws:s3:eu-west-1:111122223333:access-grants/default";
const SERVICE: &str = "access-grants.s3.amazonaws.com";

fn instances(of: &[Value]) -> Value {
    json!({ "AccessGrantsInstancesList": of })
}

fn locations(scope: &str) -> Value {
    json!({ "AccessGrantsLocationsList": [{
        "AccessGrantsLocationId": "loc-1",
        "AccessGrantsLocationArn": format!("{INSTANCE}/location/loc-1"),
        "LocationScope": scope,
        "IAMRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/vended")
    }]})
}

fn grants(grantee: &Value, permission: &str, scope: &str) -> Value {
    json!({ "AccessGrantsList": [{
        "AccessGrantId": "g-1",
        "AccessGrantArn": format!("{INSTANCE}/grant/g-1"),
        "Grantee": grantee,
        "Permission": permission,
        "AccessGrantsLocationId": "loc-1",
        "GrantScope": scope
    }]})
}

fn to_role(name: &str) -> Value {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    json!({ "GranteeType": "IAM", "GranteeIdentifier": arn })
}

trait Grants {
    /// The roles, and `vended`: the role of the location, with what it may do.
    fn vending(self, vended: &[Value], roles: &[(&str, &[Value])]) -> Self;
    /// An instance with one location and one grant.
    fn granted(self, grantee: &Value, permission: &str, scope: &str) -> Self;
}

impl Grants for Case {
    fn vending(self, vended: &[Value], roles: &[(&str, &[Value])]) -> Self {
        let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
        let mut all = vec![("vended", json!({ "Service": SERVICE }), vended)];
        all.extend(roles.iter().map(|(name, does)| (*name, own.clone(), *does)));
        self.trusting(&all)
    }

    fn granted(self, grantee: &Value, permission: &str, scope: &str) -> Self {
        let instance =
            json!({ "AccessGrantsInstanceArn": INSTANCE, "AccessGrantsInstanceId": "default" });
        let none = json!({ "Error": { "Code": "AccessGrantsInstanceResourcePolicyNotExists" } });
        self.with(
            "s3control-list-access-grants-instances.json",
            &instances(&[instance]),
        )
        .with(
            "s3control-list-access-grants-locations.json",
            &locations("s3://"),
        )
        .with(
            "s3control-list-access-grants.json",
            &grants(grantee, permission, scope),
        )
        .with(
            "s3control-get-access-grants-instance-resource-policy.json",
            &none,
        )
    }
}

fn asks() -> Value {
    allow("s3:GetDataAccess", INSTANCE)
}

const ALL: &str = "s3://quay-stream/*";
/// The role of the location reads by a policy of its own, and is listed for that.
const ITSELF: (&str, catchment::reach::Strength) = ("vended", Always);

#[test]
fn whom_a_grant_names_reads_with_the_credentials_of_the_locations_role() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let roles: &[(&str, &[Value])] = &[("named", &[asks()]), ("other", &[asks()]), ("mute", &[])];
    let case = |grantee: &str| {
        Case::bucket()
            .vending(reads, roles)
            .granted(&to_role(grantee), "READ", ALL)
    };
    case("named").expect(&[("named", Always), ITSELF]);
    assert!(
        case("named")
            .rules("named")
            .contains(&"s3-access-grant".to_owned())
    );
    // Named, and may not ask.
    case("mute").expect(&[ITSELF]);
    // A grant to write reads nothing; one for both does.
    for (permission, expected) in [
        ("WRITE", vec![ITSELF]),
        ("READWRITE", vec![("named", Always), ITSELF]),
    ] {
        Case::bucket()
            .vending(reads, roles)
            .granted(&to_role("named"), permission, ALL)
            .expect(&expected);
    }
}

#[test]
fn the_role_of_the_location_must_read_and_trust_the_service() {
    let roles: &[(&str, &[Value])] = &[("named", &[asks()])];
    Case::bucket()
        .vending(&[], roles)
        .granted(&to_role("named"), "READ", ALL)
        .expect(&[]);
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
    let queues = json!({ "Service": "sqs.amazonaws.com" });
    Case::bucket()
        .trusting(&[("vended", queues, reads), ("named", own, &[asks()])])
        .granted(&to_role("named"), "READ", ALL)
        .expect(&[ITSELF]);
}

#[test]
fn credentials_of_a_grant_reach_no_further_than_its_scope() {
    let roles: &[(&str, &[Value])] = &[("named", &[asks()])];
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let case = |scope: &str, reads: &[Value]| {
        Case::bucket()
            .vending(reads, roles)
            .granted(&to_role("named"), "READ", scope)
    };
    let both = [("named", Always), ITSELF];
    for scope in ["s3://*", "s3://quay-*", "s3://quay-stream/3a*"] {
        case(scope, reads).expect(&both);
    }
    // The engine writes no keys that begin so.
    case("s3://quay-stream/features/*", reads).expect(&[ITSELF]);
    case("s3://quay-other/*", reads).expect(&[ITSELF]);
    // What the role may read lies outside of the scope.
    let narrow: &[Value] = &[allow("s3:GetObject", "arn:aws:s3:::quay-stream/3a*")];
    case("s3://quay-stream/3a*", narrow).expect(&both);
    case("s3://quay-stream/7b*", narrow).expect(&[ITSELF]);
}

#[test]
fn the_session_of_a_grant_is_not_that_of_the_role() {
    // The role may become another one that reads; whom the grant names may not.
    let becomes: &[Value] = &[allow(
        "sts:AssumeRole",
        "arn:aws:iam::111122223333:role/deep",
    )];
    let deep: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let roles: &[(&str, &[Value])] = &[("named", &[asks()]), ("deep", deep)];
    Case::bucket()
        .vending(becomes, roles)
        .granted(&to_role("named"), "READ", ALL)
        .expect(&[("deep", Always), ITSELF]);
}

#[test]
fn the_role_of_the_location_must_decrypt() {
    let roles: &[(&str, &[Value])] = &[("named", &[asks()])];
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let both: &[Value] = &[allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY)];
    let case = |does| {
        Case::keyed()
            .vending(does, roles)
            .granted(&to_role("named"), "READ", ALL)
    };
    case(reads).expect(&[]);
    case(both).expect(&[("named", Always), ITSELF]);
}

#[test]
fn a_user_of_a_directory_reads_conditionally() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    for kind in ["DIRECTORY_USER", "DIRECTORY_GROUP"] {
        let somebody = json!({ "GranteeType": kind, "GranteeIdentifier": "83d43802-00b1" });
        let center = "arn:aws:sso:::instance/ssoins-1";
        Case::bucket()
            .vending(reads, &[])
            .granted(&somebody, "READ", ALL)
            .with(
                "s3control-list-access-grants-instances.json",
                &instances(&[json!({
                    "AccessGrantsInstanceArn": INSTANCE, "IdentityCenterInstanceArn": center
                })]),
            )
            .expect(&[(&format!("federated {center}"), Conditional), ITSELF]);
    }
}

#[test]
fn another_account_asks_where_the_policy_of_the_instance_lets_it() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let foreign = format!("arn:aws:iam::{OTHER}:role/job");
    let grantee = json!({ "GranteeType": "IAM", "GranteeIdentifier": foreign });
    let case = || {
        Case::bucket()
            .vending(reads, &[])
            .granted(&grantee, "READ", ALL)
    };
    case().expect(&[ITSELF]);
    let lets = json!({
        "Effect": "Allow", "Principal": { "AWS": OTHER }, "Action": "s3:GetDataAccess",
        "Resource": INSTANCE
    });
    let policy =
        json!({ "Policy": document(&[lets]).to_string(), "CreatedAt": "2026-01-01T00:00:00Z" });
    let path = "s3control-get-access-grants-instance-resource-policy.json";
    let other = format!("account {OTHER}");
    case()
        .with(path, &policy)
        .expect(&[(&other, Conditional), ITSELF]);
    // Not read, it may.
    case()
        .without("instance-resource-policy")
        .expect(&[(&other, Gap), ITSELF]);
}

#[test]
fn who_may_make_grants_at_a_location_makes_one_for_itself() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let location = format!("{INSTANCE}/location/*");
    let makes = allow("s3:CreateAccessGrant", &location);
    let roles: &[(&str, &[Value])] = &[("maker", &[makes.clone(), asks()]), ("half", &[makes])];
    let nobody = to_role("nobody");
    Case::bucket()
        .vending(reads, roles)
        .granted(&nobody, "READ", ALL)
        .expect(&[("maker", Always), ITSELF]);
    // Without an instance there is no location to make one at.
    Case::bucket()
        .vending(reads, roles)
        .with(
            "s3control-list-access-grants-instances.json",
            &instances(&[]),
        )
        .expect(&[ITSELF]);
}

#[test]
fn who_may_register_a_location_passes_the_role_for_it() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let location = format!("{INSTANCE}/location/*");
    let all = [
        allow("s3:CreateAccessGrantsLocation", INSTANCE),
        allow("s3:CreateAccessGrant", &location),
        asks(),
        allow("iam:PassRole", "arn:aws:iam::111122223333:role/vended"),
        allow("s3:CreateAccessGrantsInstance", INSTANCE),
    ];
    let empty = |case: Case| {
        case.granted(&to_role("nobody"), "READ", ALL)
            .with(
                "s3control-list-access-grants-locations.json",
                &json!({ "AccessGrantsLocationsList": [] }),
            )
            .with(
                "s3control-list-access-grants.json",
                &json!({ "AccessGrantsList": [] }),
            )
    };
    let roles: &[(&str, &[Value])] = &[
        ("maker", &all),
        ("there", &all[..4]),
        ("no-pass", &all[..3]),
    ];
    empty(Case::bucket().vending(reads, roles)).expect(&[
        ("maker", Always),
        ("there", Always),
        ITSELF,
    ]);
    // The instance has to be made first.
    Case::bucket()
        .vending(reads, roles)
        .with(
            "s3control-list-access-grants-instances.json",
            &instances(&[]),
        )
        .expect(&[("maker", Always), ITSELF]);
}

#[test]
fn grants_that_were_not_listed_are_a_gap_where_a_role_could_be_given() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let whoever =
        |call: &str| format!("whoever s3control:{call} (account {ACCOUNT}, eu-west-1) names");
    let case = || Case::bucket().vending(reads, &[]);
    case().expect(&[(&whoever("ListAccessGrants"), Gap), ITSELF]);
    let list = "s3control-list-access-grants-instances.json";
    case().with(list, &instances(&[])).expect(&[ITSELF]);
    let denied = json!({ "Error": { "Code": "AccessDenied" } });
    case()
        .with(list, &denied)
        .expect(&[(&whoever("ListAccessGrants"), Gap), ITSELF]);
    // There is no instance.
    let none = json!({ "Error": { "Code": "AccessGrantsInstanceNotExistsError" } });
    case()
        .with("s3control-list-access-grants.json", &none)
        .expect(&[ITSELF]);
    // A grant at a location that was not read gives some role's credentials.
    let grantee = to_role("nobody");
    case()
        .granted(&grantee, "READ", ALL)
        .without("list-access-grants-locations")
        .expect(&[(&whoever("ListAccessGrantsLocations"), Gap), ITSELF]);
    case()
        .granted(&grantee, "READ", ALL)
        .with(
            "s3control-list-access-grants.json",
            &json!({ "AccessGrantsList": [], "NextToken": "x" }),
        )
        .expect(&[(&whoever("ListAccessGrants"), Gap), ITSELF]);
    // No role of the account trusts the service: no grant gives anything.
    Case::bucket()
        .roles(&[("reader", reads)])
        .expect(&[("reader", Always)]);
}

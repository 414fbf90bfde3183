//! Object Lambda access points are read, and what of them was not is told.

use catchment::capture::{Capture, Outcome};
use catchment::estate::{Call, Seen, build};
use serde_json::json;

use crate::support::case::{ACCOUNT, Case};

#[test]
fn object_lambda_access_points_are_read_with_their_functions() {
    let arn = format!("arn:aws:s3-object-lambda:eu-west-1:{ACCOUNT}:accesspoint/redacting");
    let point = format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/plain");
    let function = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:redact");
    let list = json!({ "ObjectLambdaAccessPointList": [{
        "Name": "redacting", "ObjectLambdaAccessPointArn": arn
    }]});
    let configuration = json!({ "Configuration": {
        "SupportingAccessPoint": point,
        "TransformationConfigurations": [{
            "Actions": ["GetObject"],
            "ContentTransformation": { "AwsLambda": { "FunctionArn": function } }
        }]
    }});
    let call = "s3control:GetAccessPointConfigurationForObjectLambda";
    let case = Case::bucket()
        .with("s3control-list-access-points-for-object-lambda.json", &list)
        .with(
            "s3control-get-access-point-configuration-for-object-lambda/redacting.json",
            &configuration,
        );
    let outcome = |case: &Case| {
        let estate = build(&Capture::from_files(case.0.clone()));
        let call = Call {
            call: call.to_owned(),
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            resource: "redacting".to_owned(),
        };
        let found = estate.object_lambdas[&arn].clone();
        (found, estate.coverage.calls[&call])
    };
    let (found, told) = outcome(&case);
    assert_eq!(found.supporting, Seen::Is(point));
    assert_eq!(found.functions, [function]);
    assert_eq!(told, Outcome::Ok);
    let (found, told) = outcome(&case.without("configuration-for-object-lambda"));
    assert!(matches!(found.supporting, Seen::Unread(_)));
    assert_eq!(told, Outcome::NotCollected);
}

//! The smallest policy that lets the inspector do its work, made from the table of calls.
//!
//! Must never: name a permission that no call of the table needs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::table::{ASKS, Ask};

/// What the inspector must not be able to do, whatever else its role may: read data and secrets.
const REFUSED: [&str; 4] = [
    "kafka-cluster:*",
    "kms:Decrypt",
    "s3:GetObject*",
    "secretsmanager:GetSecretValue",
];

/// Every action that a call of the table needs.
fn actions() -> BTreeSet<String> {
    ASKS.iter().filter_map(Ask::action).collect()
}

/// The policy, as IAM takes it.
pub fn policy() -> String {
    let actions: Vec<Value> = actions().into_iter().map(Value::from).collect();
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CatchmentReadsConfiguration",
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*"
            },
            {
                "Sid": "CatchmentNeverReadsData",
                "Effect": "Deny",
                "Action": REFUSED,
                "Resource": "*"
            }
        ]
    });
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_what_the_table_needs_and_refuses_data() {
        let policy: Value = serde_json::from_str(&policy()).unwrap();
        let allowed = policy["Statement"][0]["Action"].as_array().unwrap();
        assert_eq!(allowed.len(), actions().len());
        for action in [
            "s3:ListAllMyBuckets",
            "s3:GetEncryptionConfiguration",
            "s3:GetAccountPublicAccessBlock",
            "iam:GetAccountAuthorizationDetails",
            "kms:ListGrants",
            "elasticloadbalancing:DescribeTargetHealth",
        ] {
            assert!(allowed.contains(&Value::from(action)), "{action}");
        }
        assert_eq!(policy["Statement"][1]["Effect"], "Deny");
        assert_eq!(policy["Statement"][1]["Action"], json!(REFUSED));
        let reads_data = |action: &str| {
            let refused = REFUSED.map(|refused| refused.trim_end_matches('*'));
            refused.iter().any(|refused| action.starts_with(refused))
        };
        assert!(actions().iter().all(|action| !reads_data(action)));
    }
}

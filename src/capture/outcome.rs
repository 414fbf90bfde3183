//! What became of a call, and what AWS's error codes say about it.
//!
//! Must never: read an unlisted code as *absent*. Only a code that means "there is none" is one.

/// Outcome of one expected call.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered.
    Ok,
    /// Answered: there is none.
    Absent,
    /// Refused.
    Denied,
    /// The service or region does not offer it.
    Unsupported,
    /// Given up after throttling.
    Throttled,
    /// Cut off before the end.
    Truncated,
    /// Answered, but the answer could not be read.
    ParseError,
    /// No file for it: nobody asked, or nobody kept the answer.
    NotCollected,
}

impl Outcome {
    /// The name that captures and reports use: `parse_error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Throttled => "throttled",
            Self::Truncated => "truncated",
            Self::ParseError => "parse_error",
            Self::NotCollected => "not_collected",
        }
    }

    /// The outcome of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Ok,
            Self::Absent,
            Self::Denied,
            Self::Unsupported,
            Self::Throttled,
            Self::Truncated,
            Self::ParseError,
            Self::NotCollected,
        ]
        .into_iter()
        .find(|outcome| outcome.name() == name)
    }

    /// Whether the call settles what there is: answered in full, or answered that there is none.
    pub fn settles(self) -> bool {
        matches!(self, Self::Ok | Self::Absent)
    }

    /// What an error code of `call` means; `None` for a code that is not listed, which is
    /// unknown and never *absent*.
    ///
    /// Sources: the errors of each operation in the API references of AWS, and "Error responses"
    /// of Amazon S3.
    pub fn of_error(call: &str, code: &str) -> Option<Self> {
        let code = bare(code);
        if is_absence(call, code) {
            return Some(Self::Absent);
        }
        if is_bad_credentials(code) {
            return Some(Self::Denied);
        }
        match code {
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess"
            | "UnauthorizedException"
            | "AuthorizationError"
            | "AuthorizationErrorException"
            | "NotAuthorized"
            | "AllAccessDisabled"
            | "Forbidden"
            | "ForbiddenException"
            | "403"
            | "401" => Some(Self::Denied),
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "SlowDown"
            | "TooManyRequestsException"
            | "429" => Some(Self::Throttled),
            "OptInRequired"
            | "UnsupportedOperation"
            | "UnsupportedOperationException"
            | "InvalidAction"
            | "UnknownOperationException"
            | "NotImplemented" => Some(Self::Unsupported),
            _ => None,
        }
    }

    /// What a failed call means, by its code and, where that says nothing, by its HTTP status:
    /// services that answer in JSON may refuse with nothing but a status.
    pub fn of_failure(call: &str, code: &str, status: Option<i64>) -> Option<Self> {
        Self::of_error(call, code).or(match status {
            Some(401 | 403) => Some(Self::Denied),
            Some(429) => Some(Self::Throttled),
            Some(_) | None => None,
        })
    }
}

/// Whether the code says that the credentials were bad: the answer is then none about the
/// resource, and another attempt may succeed.
pub(crate) fn is_bad_credentials(code: &str) -> bool {
    matches!(
        bare(code),
        // EC2 says so too in a region that the account has not enabled.
        "AuthFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "InvalidToken"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "NotSignedUp"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired"
            | "UnrecognizedClientException"
    )
}

/// The codes that mean "there is none", each for its own call and no other.
fn is_absence(call: &str, code: &str) -> bool {
    match call {
        "s3:GetBucketPolicy" => code == "NoSuchBucketPolicy",
        "s3:GetPublicAccessBlock" | "s3control:GetPublicAccessBlock" => {
            code == "NoSuchPublicAccessBlockConfiguration"
        }
        "s3:GetBucketEncryption" => code == "ServerSideEncryptionConfigurationNotFoundError",
        "s3:GetBucketOwnershipControls" => code == "OwnershipControlsNotFoundError",
        "s3:GetBucketReplication" => code == "ReplicationConfigurationNotFoundError",
        "s3:GetObjectLockConfiguration" => code == "ObjectLockConfigurationNotFoundError",
        "s3:GetBucketTagging" => code == "NoSuchTagSet",
        "s3control:GetAccessPointPolicy" => code == "NoSuchAccessPointPolicy",
        // "Access Grants Instance does not exist": then there is nothing in it. Source: Amazon S3
        // API Reference, "Error responses", list of S3 Access Grants error codes.
        "s3control:ListAccessGrantsLocations" | "s3control:ListAccessGrants" => {
            code == "AccessGrantsInstanceNotExistsError"
        }
        "s3control:GetAccessGrantsInstanceResourcePolicy" => matches!(
            code,
            "AccessGrantsInstanceNotExistsError" | "AccessGrantsInstanceResourcePolicyNotExists"
        ),
        "efs:DescribeFileSystemPolicy" => code == "PolicyNotFound",
        // A vault without a policy, or no vault: in either case no policy. Source: AWS Backup API
        // Reference, GetBackupVaultAccessPolicy.
        "backup:GetBackupVaultAccessPolicy" => code == "ResourceNotFoundException",
        "kafka:GetClusterPolicy" => code == "NotFoundException",
        _ if call.starts_with("organizations:") => code == "AWSOrganizationsNotInUseException",
        _ if call.starts_with("iam:") => {
            matches!(code, "NoSuchEntity" | "NoSuchEntityException")
        }
        _ => false,
    }
}

/// The code without what protocols put around it: `prefix#Code`, `Code:uri`.
fn bare(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_that_belongs_to_the_call_means_absent() {
        assert_eq!(
            Outcome::of_error("s3:GetBucketPolicy", "NoSuchBucketPolicy"),
            Some(Outcome::Absent)
        );
        assert_eq!(
            Outcome::of_error("s3:GetBucketPolicy", "NoSuchBucket"),
            None
        );
        assert_eq!(
            Outcome::of_error("kms:GetKeyPolicy", "NoSuchBucketPolicy"),
            None
        );
        assert_eq!(
            Outcome::of_error("kms:GetKeyPolicy", "AccessDeniedException"),
            Some(Outcome::Denied)
        );
    }

    /// Every code that means "there is none", with its call.
    const ABSENCES: [(&str, &str); 17] = [
        (
            "s3control:ListAccessGrants",
            "AccessGrantsInstanceNotExistsError",
        ),
        (
            "s3control:ListAccessGrantsLocations",
            "AccessGrantsInstanceNotExistsError",
        ),
        (
            "s3control:GetAccessGrantsInstanceResourcePolicy",
            "AccessGrantsInstanceResourcePolicyNotExists",
        ),
        (
            "backup:GetBackupVaultAccessPolicy",
            "ResourceNotFoundException",
        ),
        ("s3:GetBucketPolicy", "NoSuchBucketPolicy"),
        (
            "s3:GetPublicAccessBlock",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        (
            "s3control:GetPublicAccessBlock",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        (
            "s3:GetBucketEncryption",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        (
            "s3:GetBucketOwnershipControls",
            "OwnershipControlsNotFoundError",
        ),
        (
            "s3:GetBucketReplication",
            "ReplicationConfigurationNotFoundError",
        ),
        (
            "s3:GetObjectLockConfiguration",
            "ObjectLockConfigurationNotFoundError",
        ),
        ("s3:GetBucketTagging", "NoSuchTagSet"),
        ("s3control:GetAccessPointPolicy", "NoSuchAccessPointPolicy"),
        ("efs:DescribeFileSystemPolicy", "PolicyNotFound"),
        ("kafka:GetClusterPolicy", "NotFoundException"),
        (
            "organizations:DescribeOrganization",
            "AWSOrganizationsNotInUseException",
        ),
        ("iam:GetOpenIDConnectProvider", "NoSuchEntity"),
    ];

    #[test]
    fn each_code_of_absence_is_one_for_its_own_call_alone() {
        for (call, code) in ABSENCES {
            assert_eq!(Outcome::of_error(call, code), Some(Outcome::Absent));
            for (other, own) in ABSENCES {
                let either = call.contains("AccessGrants") && other.contains("AccessGrants");
                if own != code && !either {
                    assert_eq!(Outcome::of_error(other, code), None, "{other} {code}");
                }
            }
        }
        for code in [
            "NoSuchBucket",
            "NotFound",
            "404",
            "ResourceNotFoundException",
        ] {
            let others = ABSENCES.into_iter().filter(|(_, own)| *own != code);
            for (call, _) in others {
                assert_eq!(Outcome::of_failure(call, code, Some(404)), None, "{call}");
            }
        }
    }

    #[test]
    fn a_status_of_refusal_counts_where_the_code_says_nothing() {
        for (code, status, outcome) in [
            ("", 403, Some(Outcome::Denied)),
            ("", 401, Some(Outcome::Denied)),
            ("Strange", 403, Some(Outcome::Denied)),
            ("", 429, Some(Outcome::Throttled)),
            ("", 404, None),
            ("", 500, None),
        ] {
            let read = Outcome::of_failure("kafka:GetClusterPolicy", code, Some(status));
            assert_eq!(read, outcome, "{code} {status}");
        }
        // What the code says goes before the status.
        let read = Outcome::of_failure("s3:GetBucketPolicy", "NoSuchBucketPolicy", Some(403));
        assert_eq!(read, Some(Outcome::Absent));
    }

    #[test]
    fn bad_credentials_are_no_answer_about_the_resource() {
        for code in [
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "InvalidClientTokenId",
            "com.amazonaws.x#UnrecognizedClientException",
        ] {
            assert!(is_bad_credentials(code), "{code}");
            assert_eq!(
                Outcome::of_error("kms:GetKeyPolicy", code),
                Some(Outcome::Denied)
            );
        }
        assert!(!is_bad_credentials("AccessDenied"));
    }

    #[test]
    fn what_protocols_put_around_a_code_is_no_part_of_it() {
        for code in [
            "com.amazonaws.efs#PolicyNotFound",
            "PolicyNotFound:http://internal.amazon.com/coral/",
        ] {
            assert_eq!(
                Outcome::of_error("efs:DescribeFileSystemPolicy", code),
                Some(Outcome::Absent)
            );
        }
    }

    #[test]
    fn names_are_those_of_the_serialized_form() {
        for name in ["ok", "absent", "parse_error", "not_collected", "truncated"] {
            let outcome = Outcome::named(name).unwrap();
            assert_eq!(
                serde_json::to_string(&outcome).unwrap(),
                format!("\"{name}\"")
            );
        }
    }
}

//! One reply of a service, as it came over the wire, and what its error says.
//!
//! Status and body are looked at together, whatever the service's protocol: a gateway in front of
//! a JSON service refuses in XML, and typed clients then see an error without a code.
//!
//! Must never: read a reply as *absent* unless its code is listed for that very call
//! ([`Outcome::of_error`]).

use serde_json::Value;

use super::xml::Element;
use crate::capture::Outcome;

/// Status and body of one HTTP reply.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body, whole.
    pub(crate) body: Vec<u8>,
    /// `x-amz-bucket-region`: where S3 says that the bucket is.
    pub(crate) bucket_region: Option<String>,
}

/// What came of sending one request.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// A whole reply.
    Replied(Reply),
    /// No whole reply: no connection, a timeout, a body that broke off.
    Lost(String),
    /// The request could not be signed: there are no usable credentials.
    NoCredentials(String),
}

/// The error in a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// `AccessDenied`; empty when the reply names none.
    pub(crate) code: String,
    /// What the service says to people.
    pub(crate) message: String,
}

/// What to do about a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is an answer.
    Answer,
    /// It is an error with this meaning.
    Is(Outcome, ServiceError),
    /// Ask again after a pause; this is what it is when that does not help.
    Again(Outcome, ServiceError),
    /// The credentials do not work any more: stop.
    Stop(ServiceError),
    /// The credentials are doubted, which regions that are not enabled do as well: ask who we are.
    Doubt(ServiceError),
}

/// Codes that say that nothing will be answered any more.
const STOP: [&str; 11] = [
    "IncompleteSignatureException",
    "TokenRefreshRequired",
    "RequestTimeTooSkewed",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
];

/// Codes that say so, or that the region is not enabled for the account.
const DOUBT: [&str; 6] = [
    "NotSignedUp",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "InvalidToken",
    "AuthFailure",
];

/// Codes of failures that pass, whatever their status.
const PASSING: [&str; 4] = [
    "InternalError",
    "InternalFailure",
    "PriorRequestNotComplete",
    "RequestTimeout",
];

impl Reply {
    /// The error in the body, in whichever protocol it is written: XML with `<Code>`, or JSON with
    /// `__type` or `code`.
    pub(crate) fn error(&self) -> ServiceError {
        let text = String::from_utf8_lossy(&self.body);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let mut error = ServiceError::default();
        if text.starts_with('<') {
            if let Ok(root) = Element::parse(text) {
                let of = |name: &str| root.find(name).unwrap_or_default().to_owned();
                (error.code, error.message) = (of("Code"), of("Message"));
            }
        } else if let Ok(Value::Object(members)) = serde_json::from_str(text) {
            let of = |names: &[&str]| {
                let found = names.iter().find_map(|name| members.get(*name)?.as_str());
                found.unwrap_or_default().to_owned()
            };
            let code = of(&["__type", "code", "Code"]);
            let code = code.rsplit('#').next().unwrap_or_default();
            code.split(':')
                .next()
                .unwrap_or_default()
                .clone_into(&mut error.code);
            error.message = of(&["message", "Message"]);
        }
        error
    }

    /// What to do about this reply to `call`.
    pub(crate) fn verdict(&self, call: &str) -> Verdict {
        let success = (200..300).contains(&self.status);
        if success && !self.is_error_document() {
            return Verdict::Answer;
        }
        let error = self.error();
        let code = error.code.as_str();
        if STOP.contains(&code) {
            return Verdict::Stop(error);
        }
        if DOUBT.contains(&code) {
            return Verdict::Doubt(error);
        }
        let outcome = match Outcome::of_error(call, code) {
            Some(outcome) => outcome,
            None if matches!(self.status, 401 | 403) => Outcome::Denied,
            None if matches!(self.status, 429 | 503) => Outcome::Throttled,
            None if self.status == 501 => Outcome::Unsupported,
            None => Outcome::ParseError,
        };
        let passing = outcome == Outcome::Throttled
            || (outcome == Outcome::ParseError && (self.status >= 500 || PASSING.contains(&code)));
        if passing {
            Verdict::Again(outcome, error)
        } else {
            Verdict::Is(outcome, error)
        }
    }

    /// S3 may begin with status 200 and then fail.
    fn is_error_document(&self) -> bool {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(512)]).into_owned();
        let text = text.trim_start();
        let text = if text.starts_with("<?xml") {
            text.split_once("?>")
                .map_or("", |(_, rest)| rest)
                .trim_start()
        } else {
            text
        };
        text.starts_with("<Error>") || text.starts_with("<Error ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            body: body.as_bytes().to_vec(),
            bucket_region: None,
        }
    }

    fn outcome(call: &str, status: u16, body: &str) -> Option<Outcome> {
        match reply(status, body).verdict(call) {
            Verdict::Is(outcome, _) | Verdict::Again(outcome, _) => Some(outcome),
            Verdict::Answer | Verdict::Stop(_) | Verdict::Doubt(_) => None,
        }
    }

    #[test]
    fn a_refusal_is_denied_in_whichever_protocol_it_is_written() {
        let xml = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let ec2 = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
        let json = r#"{"__type":"com.amazonaws.kms#AccessDeniedException","Message":"no"}"#;
        for (call, status, body) in [
            ("kms:ListKeys", 403, xml),
            ("kms:ListKeys", 400, json),
            ("ec2:DescribeVpcs", 403, ec2),
            ("kms:ListKeys", 403, ""),
            ("kms:ListKeys", 403, "<html>"),
            ("organizations:ListRoots", 401, "{}"),
        ] {
            assert_eq!(outcome(call, status, body), Some(Outcome::Denied), "{body}");
        }
    }

    #[test]
    fn an_unlisted_error_is_never_absent() {
        let body = "<Error><Code>NoSuchBucket</Code></Error>";
        assert_eq!(
            outcome("s3:GetBucketPolicy", 404, body),
            Some(Outcome::ParseError)
        );
        assert_eq!(
            outcome("s3:GetBucketPolicy", 404, ""),
            Some(Outcome::ParseError)
        );
        let none = "<Error><Code>NoSuchBucketPolicy</Code></Error>";
        assert_eq!(
            outcome("s3:GetBucketPolicy", 404, none),
            Some(Outcome::Absent)
        );
        assert_eq!(
            outcome("s3:GetBucketAcl", 404, none),
            Some(Outcome::ParseError)
        );
    }

    #[test]
    fn throttling_and_failures_of_the_service_are_asked_again() {
        let slow = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
        let again = |status, body| {
            matches!(
                reply(status, body).verdict("iam:ListInstanceProfiles"),
                Verdict::Again(..)
            )
        };
        assert!(again(400, slow));
        assert!(again(500, "<html>"));
        assert!(again(503, ""));
        assert!(again(400, "<Error><Code>RequestTimeout</Code></Error>"));
        assert!(!again(501, ""));
        assert!(!again(404, ""));
    }

    #[test]
    fn expired_credentials_stop_the_run_and_are_no_finding() {
        let expired = r#"{"__type":"ExpiredTokenException","message":"expired"}"#;
        assert!(matches!(
            reply(400, expired).verdict("kms:ListKeys"),
            Verdict::Stop(_)
        ));
        let region = r#"{"__type":"UnrecognizedClientException"}"#;
        assert!(matches!(
            reply(400, region).verdict("kms:ListKeys"),
            Verdict::Doubt(_)
        ));
    }

    #[test]
    fn an_error_that_comes_with_success_is_an_error() {
        let body = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";
        assert_ne!(reply(200, body).verdict("s3:GetBucketAcl"), Verdict::Answer);
    }
}

//! One decision a line: requests that bring all their policies with them, and the answer to each.
//!
//! A case is one JSON object, in the format of `docs/simulate.md`. What a case does not say is
//! taken from [`Defaults`]. A case that cannot be read is answered as such, and stops no other.
//!
//! ```
//! use catchment::simulate::{Defaults, answer};
//!
//! let case = r#"{"id": "one",
//!     "request": {"action": "s3:GetObject", "principal": "arn:aws:iam::111122223333:user/alice",
//!                 "resource": {"arn": "arn:aws:s3:::b/x", "accountId": "111122223333"},
//!                 "context": {}},
//!     "identityPolicies": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]}"#;
//! let answer = answer(case.as_bytes(), 1, &Defaults::default(), false);
//! assert_eq!(answer.to_json(), r#"{"id":"one","result":"Allowed"}"#);
//! ```
//!
//! Must never: read or write anything, decide anything that `policy` decides, or let one case change
//! the answer to another.

mod answer;
mod case;
mod defaults;

pub use answer::{Answer, Explanation, Outcome, answer};
pub use case::{Case, Id, Malformed, Remark};
pub use defaults::Defaults;

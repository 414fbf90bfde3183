//! Requests that we sign ourselves: the Query protocol (EC2, load balancers) and S3 Control.
//!
//! The SDK's client of EC2 doubles the build; these two protocols are forms in, XML out.
//!
//! Must never: send a request other than those of [`super::table`]; log or keep a signed header.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::clock;
use super::reply::{Exchange, Reply};
use super::table::{Ask, Via};

/// What RFC 3986 leaves as it is: letters, digits and `-._~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where a request goes and who signs it.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// Twelve digits.
    pub(crate) account: &'a str,
    /// `eu-west-1`.
    pub(crate) region: &'a str,
    /// A given endpoint, which takes the place of all others.
    pub(crate) endpoint: Option<&'a str>,
    /// Whether AWS is asked at its FIPS endpoints.
    pub(crate) fips: bool,
    /// Whose name it is sent in.
    pub(crate) credentials: &'a Credentials,
}

/// A request before it is signed.
#[derive(Debug, PartialEq, Eq)]
struct Draft {
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// The name that the signature is for.
    signing: &'static str,
}

/// Sends one request for `ask` about `resource`, for the page after `token`.
pub(crate) async fn send(
    connector: &SharedHttpConnector,
    target: &Target<'_>,
    ask: &Ask,
    resource: &str,
    token: Option<&str>,
) -> Exchange {
    let target = &Target {
        region: region_of(ask, target.region),
        ..*target
    };
    let draft = match ask.via {
        Via::Query(wire) => query(target, ask, wire, resource, token),
        Via::Control(path) => control(target, ask, path, resource, token),
        Via::Sdk => return Exchange::Lost(format!("`{}` is sent by its own client", ask.call)),
    };
    let request = match signed(&draft, target) {
        Ok(request) => request,
        Err(why) => return Exchange::NoCredentials(why),
    };
    let response = match connector.call(request).await {
        Ok(response) => response,
        Err(error) => return Exchange::Lost(causes(&error)),
    };
    let status = response.status().as_u16();
    match ByteStream::new(response.into_body()).collect().await {
        Ok(bytes) => Exchange::Replied(Reply {
            status,
            body: bytes.to_vec(),
            bucket_region: None,
        }),
        Err(error) => Exchange::Lost(causes(&error)),
    }
}

/// The region that a call goes to. All of AWS's commercial regions keep their Multi-Region access
/// points in one.
///
/// Source: Amazon S3 User Guide, "Using Multi-Region Access Points with supported API operations":
/// control requests are routed to US West (Oregon).
fn region_of<'r>(ask: &Ask, region: &'r str) -> &'r str {
    let elsewhere = ["cn-", "us-gov-", "us-iso", "eusc-"];
    let commercial = !elsewhere.iter().any(|begin| region.starts_with(begin));
    if commercial && ask.operation().contains("MultiRegionAccessPoint") {
        "us-west-2"
    } else {
        region
    }
}

/// An error with its causes.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

fn query(
    target: &Target<'_>,
    ask: &Ask,
    wire: &[(&str, &str)],
    resource: &str,
    token: Option<&str>,
) -> Draft {
    let (host, version, signing) = match ask.service() {
        "elbv2" => ("elasticloadbalancing", "2015-12-01", "elasticloadbalancing"),
        _ => ("ec2", "2016-11-15", "ec2"),
    };
    let mut form = vec![("Action", ask.operation()), ("Version", version)];
    form.extend(wire);
    if !resource.is_empty() {
        form.push((ask.resource, resource));
    }
    form.extend(token.map(|token| (ask.pager.question(), token)));
    Draft {
        method: "POST",
        url: match target.endpoint {
            Some(endpoint) => format!("{}/", endpoint.trim_end_matches('/')),
            None => format!(
                "https://{host}.{}.{}/",
                target.region,
                suffix(target.region)
            ),
        },
        headers: vec![(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        )],
        body: encoded(&form),
        signing,
    }
}

fn control(
    target: &Target<'_>,
    ask: &Ask,
    path: &str,
    resource: &str,
    token: Option<&str>,
) -> Draft {
    let path = path.replace("{}", &utf8_percent_encode(resource, UNRESERVED).to_string());
    let query = match token {
        Some(token) if !ask.pager.question().is_empty() => {
            format!("?{}", encoded(&[("nextToken", token)]))
        }
        Some(_) | None => String::new(),
    };
    let base = match target.endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!(
            "https://{}.s3-control{}.{}.{}",
            target.account,
            if target.fips { "-fips" } else { "" },
            target.region,
            suffix(target.region)
        ),
    };
    Draft {
        method: "GET",
        url: format!("{base}{path}{query}"),
        headers: vec![("x-amz-account-id", target.account.to_owned())],
        body: String::new(),
        signing: "s3",
    }
}

/// The domain of the partition that a region belongs to.
fn suffix(region: &str) -> &'static str {
    let domains = [
        ("cn-", "amazonaws.com.cn"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("eusc-", "amazonaws.eu"),
    ];
    let mut domains = domains.iter();
    domains
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("amazonaws.com", |(_, domain)| domain)
}

/// Names and values as a form, by RFC 3986: a space is `%20`.
fn encoded(form: &[(&str, &str)]) -> String {
    let pairs = form.iter().map(|(name, value)| {
        let (name, value) = (
            utf8_percent_encode(name, UNRESERVED),
            utf8_percent_encode(value, UNRESERVED),
        );
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn signed(draft: &Draft, target: &Target<'_>) -> Result<HttpRequest, String> {
    let mut settings = SigningSettings::default();
    if draft.signing == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let identity = Identity::from(target.credentials.clone());
    let now: SystemTime = clock::now();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(target.region)
        .name(draft.signing)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| causes(&error))?
        .into();
    let headers = draft
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let signable = SignableRequest::new(
        draft.method,
        draft.url.as_str(),
        headers,
        SignableBody::Bytes(draft.body.as_bytes()),
    )
    .map_err(|error| causes(&error))?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|error| causes(&error))?
        .into_parts();
    let mut request = http::Request::builder()
        .method(draft.method)
        .uri(&draft.url);
    for (name, value) in &draft.headers {
        request = request.header(*name, value);
    }
    let mut request = request
        .body(SdkBody::from(draft.body.as_str()))
        .map_err(|error| causes(&error))?;
    instructions.apply_to_request_http1x(&mut request);
    HttpRequest::try_from(request).map_err(|error| causes(&error))
}

#[cfg(test)]
mod tests {
    use super::super::table::ASKS;
    use super::*;

    fn ask(call: &str) -> &'static Ask {
        ASKS.iter().find(|ask| ask.call == call).unwrap()
    }

    fn credentials() -> Credentials {
        Credentials::new("AKIDEXAMPLE", "not-a-secret", None, None, "test")
    }

    #[test]
    fn forms_are_encoded_by_rfc_3986() {
        assert_eq!(
            encoded(&[("A b", "x+y z~*/é")]),
            "A%20b=x%2By%20z~%2A%2F%C3%A9"
        );
    }

    #[test]
    fn a_query_names_version_resource_and_next_page() {
        let credentials = credentials();
        let target = Target {
            account: "111122223333",
            region: "cn-north-1",
            endpoint: None,
            fips: false,
            credentials: &credentials,
        };
        let ask = ask("ec2:DescribeSnapshots");
        let Via::Query(wire) = ask.via else {
            panic!("{ask:?}")
        };
        let draft = query(&target, ask, wire, "", Some("t=1"));
        assert_eq!(draft.url, "https://ec2.cn-north-1.amazonaws.com.cn/");
        assert_eq!(
            draft.body,
            "Action=DescribeSnapshots&Version=2016-11-15&Owner.1=self&MaxResults=1000&NextToken=t%3D1"
        );
    }

    #[test]
    fn s3_control_has_the_account_in_the_host_only_at_aws() {
        let credentials = credentials();
        let mut target = Target {
            account: "111122223333",
            region: "eu-west-1",
            endpoint: None,
            fips: false,
            credentials: &credentials,
        };
        let ask = ask("s3control:GetAccessPointPolicy");
        let Via::Control(path) = ask.via else {
            panic!("{ask:?}")
        };
        let draft = control(&target, ask, path, "one/two", None);
        let end = "/v20180820/accesspoint/one%2Ftwo/policy";
        let host = "https://111122223333.s3-control.eu-west-1.amazonaws.com";
        assert_eq!(draft.url, format!("{host}{end}"));
        target.endpoint = Some("http://127.0.0.1:5000/");
        let draft = control(&target, ask, path, "one/two", None);
        assert_eq!(draft.url, format!("http://127.0.0.1:5000{end}"));
        assert_eq!(
            draft.headers,
            [("x-amz-account-id", "111122223333".to_owned())]
        );
    }

    #[test]
    fn multi_region_access_points_are_asked_for_in_their_own_region() {
        for (call, region, asked) in [
            (
                "s3control:ListMultiRegionAccessPoints",
                "eu-west-1",
                "us-west-2",
            ),
            (
                "s3control:ListMultiRegionAccessPoints",
                "cn-north-1",
                "cn-north-1",
            ),
            ("s3control:ListAccessPoints", "eu-west-1", "eu-west-1"),
        ] {
            assert_eq!(region_of(ask(call), region), asked, "{call}");
        }
    }

    #[test]
    fn a_signed_request_carries_its_signature_and_keeps_its_body() {
        let credentials = credentials();
        let target = Target {
            account: "111122223333",
            region: "eu-west-1",
            endpoint: None,
            fips: false,
            credentials: &credentials,
        };
        let ask = ask("ec2:DescribeVpcs");
        let draft = query(&target, ask, &[], "", None);
        let request = signed(&draft, &target).unwrap();
        let authorization = request.headers().get("authorization").unwrap();
        assert!(
            authorization.contains("/eu-west-1/ec2/aws4_request"),
            "{authorization}"
        );
        assert!(
            authorization.contains("content-type;host;x-amz-date"),
            "{authorization}"
        );
        assert_eq!(request.body().bytes(), Some(draft.body.as_bytes()));
    }
}

//! Calls that clients of the SDK sign and send.
//!
//! The clients know endpoints, protocols and signatures. Their answers are types that do not turn
//! back into JSON, and a field that a client cannot parse costs it the whole answer; so an
//! interceptor takes status and body as they came, and what the client makes of them is not used.
//! Pages, retries and outcomes are ours ([`super::ask`]), the same for every protocol.
//!
//! Must never: hold an operation that is not in [`super::table`].

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::reply::{Exchange, Reply};
use super::signed::causes;
use super::table::Ask;

/// The clients of one account, by region.
#[derive(Debug)]
pub(crate) struct Clients {
    config: SdkConfig,
    /// Whether buckets go into the path: custom endpoints have no host name for each.
    in_path: bool,
    made: Mutex<BTreeMap<String, Arc<Regional>>>,
}

#[derive(Debug)]
struct Regional {
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    organizations: aws_sdk_organizations::Client,
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    sts: aws_sdk_sts::Client,
}

/// Keeps the last reply as it came.
#[derive(Clone, Debug, Default)]
struct Tap(Arc<Mutex<Option<Reply>>>);

impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "catchment"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // A body that broke off is not in memory.
        let reply = response.body().bytes().map(|body| Reply {
            status: response.status().as_u16(),
            body: body.to_vec(),
            bucket_region: response
                .headers()
                .get("x-amz-bucket-region")
                .map(str::to_owned),
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reply;
        Ok(())
    }
}

impl Tap {
    /// What came of a call: the reply if there was one, whatever the client thinks of it.
    fn exchange<O, E, R>(&self, result: Result<O, SdkError<E, R>>) -> Exchange
    where
        E: Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (taken, result) {
            (Some(reply), _) => Exchange::Replied(reply),
            (None, Ok(_)) => Exchange::Lost("the client kept its reply to itself".to_owned()),
            (None, Err(error)) => {
                let why = causes(&error);
                if for_want_of_credentials(&error) {
                    Exchange::NoCredentials(why)
                } else {
                    Exchange::Lost(why)
                }
            }
        }
    }
}

fn for_want_of_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

macro_rules! tapped {
    ($operation:expr) => {{
        let tap = Tap::default();
        let result = $operation.customize().interceptor(tap.clone()).send().await;
        tap.exchange(result)
    }};
}

impl Clients {
    /// Clients that send in the name of `config`'s credentials.
    pub(crate) fn new(config: SdkConfig) -> Self {
        let in_path = config.endpoint_url().is_some();
        Self {
            config,
            in_path,
            made: Mutex::default(),
        }
    }

    fn in_region(&self, region: &str) -> Arc<Regional> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = made.entry(region.to_owned()).or_insert_with(|| {
            let config = self
                .config
                .to_builder()
                .region(Region::new(region.to_owned()))
                .build();
            let s3 = aws_sdk_s3::config::Builder::from(&config)
                .force_path_style(self.in_path)
                .build();
            Arc::new(Regional {
                iam: aws_sdk_iam::Client::new(&config),
                kms: aws_sdk_kms::Client::new(&config),
                organizations: aws_sdk_organizations::Client::new(&config),
                s3: aws_sdk_s3::Client::from_conf(s3),
                secrets: aws_sdk_secretsmanager::Client::new(&config),
                sts: aws_sdk_sts::Client::new(&config),
            })
        });
        clients.clone()
    }

    /// Sends one request for `ask` about `resource`, for the page after `token`.
    pub(crate) async fn send(
        &self,
        region: &str,
        ask: &Ask,
        resource: &str,
        token: Option<String>,
    ) -> Exchange {
        let clients = self.in_region(region);
        let id = resource;
        match ask.service() {
            "sts" => tapped!(clients.sts.get_caller_identity()),
            "iam" => iam(&clients.iam, ask, id, token).await,
            "organizations" => organizations(&clients.organizations, ask, id, token).await,
            "s3" => s3(&clients.s3, ask, id, token).await,
            "kms" => kms(&clients.kms, ask, id, token).await,
            "secretsmanager" => secrets(&clients.secrets, ask, id, token).await,
            _ => unknown(ask),
        }
    }
}

/// A row of the table without a client; `every_call_of_the_sdk_has_a_client` finds it first.
fn unknown(ask: &Ask) -> Exchange {
    Exchange::Lost(format!("no client sends `{}`", ask.call))
}

async fn iam(c: &aws_sdk_iam::Client, ask: &Ask, id: &str, token: Option<String>) -> Exchange {
    match ask.operation() {
        "GetAccountAuthorizationDetails" => {
            let kinds = [
                "User",
                "Role",
                "Group",
                "LocalManagedPolicy",
                "AWSManagedPolicy",
            ];
            let kinds = kinds.iter().map(|kind| (*kind).into()).collect();
            tapped!(
                c.get_account_authorization_details()
                    .set_filter(Some(kinds))
                    .max_items(1000)
                    .set_marker(token)
            )
        }
        "ListInstanceProfiles" => {
            tapped!(c.list_instance_profiles().max_items(1000).set_marker(token))
        }
        "ListOpenIDConnectProviders" => tapped!(c.list_open_id_connect_providers()),
        "GetOpenIDConnectProvider" => {
            tapped!(
                c.get_open_id_connect_provider()
                    .open_id_connect_provider_arn(id)
            )
        }
        "ListSAMLProviders" => tapped!(c.list_saml_providers()),
        "GetSAMLProvider" => tapped!(c.get_saml_provider().saml_provider_arn(id)),
        _ => unknown(ask),
    }
}

async fn organizations(
    c: &aws_sdk_organizations::Client,
    ask: &Ask,
    id: &str,
    token: Option<String>,
) -> Exchange {
    match ask.operation() {
        "DescribeOrganization" => tapped!(c.describe_organization()),
        "ListRoots" => tapped!(c.list_roots().set_next_token(token)),
        "ListAccounts" => tapped!(c.list_accounts().set_next_token(token)),
        "ListDelegatedAdministrators" => {
            tapped!(c.list_delegated_administrators().set_next_token(token))
        }
        "ListOrganizationalUnitsForParent" => tapped!(
            c.list_organizational_units_for_parent()
                .parent_id(id)
                .set_next_token(token)
        ),
        "ListParents" => tapped!(c.list_parents().child_id(id).set_next_token(token)),
        "ListPoliciesForTarget" => {
            let (_, filter) = ask.variant.unwrap_or_default();
            tapped!(
                c.list_policies_for_target()
                    .target_id(id)
                    .filter(filter.into())
                    .set_next_token(token)
            )
        }
        "DescribePolicy" => tapped!(c.describe_policy().policy_id(id)),
        _ => unknown(ask),
    }
}

async fn s3(c: &aws_sdk_s3::Client, ask: &Ask, id: &str, token: Option<String>) -> Exchange {
    match ask.operation() {
        // With a limit, even the highest one, the answer says where each bucket is.
        "ListBuckets" => tapped!(
            c.list_buckets()
                .max_buckets(10000)
                .set_continuation_token(token)
        ),
        "GetBucketLocation" => tapped!(c.get_bucket_location().bucket(id)),
        "GetBucketPolicy" => tapped!(c.get_bucket_policy().bucket(id)),
        "GetBucketAcl" => tapped!(c.get_bucket_acl().bucket(id)),
        "GetPublicAccessBlock" => tapped!(c.get_public_access_block().bucket(id)),
        "GetBucketOwnershipControls" => tapped!(c.get_bucket_ownership_controls().bucket(id)),
        "GetBucketEncryption" => tapped!(c.get_bucket_encryption().bucket(id)),
        "GetBucketLogging" => tapped!(c.get_bucket_logging().bucket(id)),
        "GetBucketVersioning" => tapped!(c.get_bucket_versioning().bucket(id)),
        "GetBucketNotificationConfiguration" => {
            tapped!(c.get_bucket_notification_configuration().bucket(id))
        }
        "GetBucketReplication" => tapped!(c.get_bucket_replication().bucket(id)),
        "GetBucketTagging" => tapped!(c.get_bucket_tagging().bucket(id)),
        "GetObjectLockConfiguration" => tapped!(c.get_object_lock_configuration().bucket(id)),
        "ListBucketInventoryConfigurations" => tapped!(
            c.list_bucket_inventory_configurations()
                .bucket(id)
                .set_continuation_token(token)
        ),
        _ => unknown(ask),
    }
}

async fn kms(c: &aws_sdk_kms::Client, ask: &Ask, id: &str, token: Option<String>) -> Exchange {
    match ask.operation() {
        "ListKeys" => tapped!(c.list_keys().limit(1000).set_marker(token)),
        "ListAliases" => tapped!(c.list_aliases().limit(100).set_marker(token)),
        "DescribeKey" => tapped!(c.describe_key().key_id(id)),
        "GetKeyPolicy" => tapped!(c.get_key_policy().key_id(id).policy_name("default")),
        "ListGrants" => tapped!(c.list_grants().key_id(id).limit(100).set_marker(token)),
        _ => unknown(ask),
    }
}

async fn secrets(
    c: &aws_sdk_secretsmanager::Client,
    ask: &Ask,
    id: &str,
    token: Option<String>,
) -> Exchange {
    match ask.operation() {
        "ListSecrets" => tapped!(
            c.list_secrets()
                .include_planned_deletion(true)
                .max_results(100)
                .set_next_token(token)
        ),
        "GetResourcePolicy" => tapped!(c.get_resource_policy().secret_id(id)),
        _ => unknown(ask),
    }
}

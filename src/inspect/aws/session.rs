//! In whose name a request is sent: one account, its credentials, and what sends.
//!
//! Must never: write credentials anywhere, or show them in a message.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::Mutex;

use super::clock;
use super::reply::Exchange;
use super::sdk::Clients;
use super::signed::{self, Target, causes};
use super::table::{Ask, Via};

/// Credentials are fetched anew when they end within this time.
const EARLY: Duration = Duration::from_secs(300);

/// One account, and how it is asked.
#[derive(Debug)]
pub(crate) struct Session {
    /// Twelve digits; empty until the account has said who it is.
    pub(crate) account: String,
    /// How often a request is sent before it is given up.
    pub(crate) attempts: u32,
    /// Where calls without a region go.
    pub(crate) home: String,
    config: SdkConfig,
    clients: Clients,
    credentials: Kept,
    connector: SharedHttpConnector,
}

impl Session {
    /// A session with the configuration's own credentials; `None` when it has no provider of any.
    pub(crate) fn new(
        config: &SdkConfig,
        connector: &SharedHttpConnector,
        home: &str,
        attempts: u32,
    ) -> Option<Self> {
        let kept = Kept(Arc::new(Inner {
            provider: config.credentials_provider()?,
            last: Mutex::new(None),
        }));
        let config = config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(kept.clone()))
            // One policy of retries for all protocols: ours.
            .retry_config(RetryConfig::disabled())
            .build();
        Some(Self {
            account: String::new(),
            attempts,
            home: home.to_owned(),
            clients: Clients::new(config.clone()),
            config,
            credentials: kept,
            connector: connector.clone(),
        })
    }

    /// The configuration, for roles that this session assumes.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Sends one request; an empty region is the session's home.
    pub(crate) async fn send(
        &self,
        region: &str,
        ask: &Ask,
        resource: &str,
        token: Option<&str>,
    ) -> Exchange {
        let region = if region.is_empty() {
            &self.home
        } else {
            region
        };
        if matches!(ask.via, Via::Sdk) {
            let token = token.map(str::to_owned);
            return self.clients.send(region, ask, resource, token).await;
        }
        let credentials = match self.credentials.0.get().await {
            Ok(credentials) => credentials,
            Err(error) => return Exchange::NoCredentials(causes(&error)),
        };
        let target = Target {
            account: &self.account,
            region,
            endpoint: self.config.endpoint_url(),
            fips: self.config.use_fips().unwrap_or_default(),
            credentials: &credentials,
        };
        signed::send(&self.connector, &target, ask, resource, token).await
    }
}

/// Credentials, fetched once and again only before they end.
#[derive(Clone)]
struct Kept(Arc<Inner>);

struct Inner {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(..)")
    }
}

impl Inner {
    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let mut last = self.last.lock().await;
        if let Some(credentials) = last.as_ref() {
            let lasting = credentials
                .expiry()
                .is_none_or(|end| end > clock::now() + EARLY);
            if lasting {
                return Ok(credentials.clone());
            }
        }
        let fresh = self.provider.provide_credentials().await?;
        *last = Some(fresh.clone());
        Ok(fresh)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.0.get())
    }
}

/// What sends, for the SDK and for us: rustls with ring, the system's roots, the proxy that the
/// environment names.
pub(crate) fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .build();
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .build();
    SharedHttpConnector::new(connector)
}

/// The same for the SDK.
pub(crate) fn http_client(connector: &SharedHttpConnector) -> SharedHttpClient {
    let connector = connector.clone();
    http_client_fn(move |_, _| connector.clone())
}

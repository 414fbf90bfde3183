//! The listeners of a broker, from its properties.
//!
//! Source: Apache Kafka 4.0, `SocketServerConfigs`, `BrokerSecurityConfigs`, `KafkaConfig`.
//!
//! Must never: invent a protocol for a listener that has none.

use std::collections::BTreeMap;

use super::{Listener, Property, SecurityProtocol};
use crate::capture::Source;

/// The listeners, and the names of those whose lines cannot be read, with their place.
pub(super) fn parse(
    properties: &BTreeMap<String, Property>,
    at: &Source,
) -> (Vec<Listener>, Vec<(String, Source)>) {
    let value = |key: &str| {
        properties
            .get(key)
            .map(|p| p.value.trim())
            .filter(|v| !v.is_empty())
    };
    let source = properties
        .get("listeners")
        .map_or_else(|| at.clone(), |p| p.source.clone());
    let advertised: BTreeMap<String, String> =
        list(value("advertised.listeners").unwrap_or_default())
            .filter_map(|item| endpoint(item).map(|(name, host, _)| (name, host)))
            .collect();
    let map: BTreeMap<String, SecurityProtocol> =
        list(value("listener.security.protocol.map").unwrap_or_default())
            .filter_map(|pair| pair.split_once(':'))
            .filter_map(|(name, text)| Some((name.trim().to_ascii_uppercase(), protocol(text)?)))
            .collect();
    let controllers: Vec<String> = list(value("controller.listener.names").unwrap_or_default())
        .map(str::to_ascii_uppercase)
        .collect();
    let mut listeners = Vec::new();
    let mut broken = Vec::new();
    for item in list(value("listeners").unwrap_or("PLAINTEXT://:9092")) {
        let Some((name, host, port)) = endpoint(item) else {
            broken.push((item.to_owned(), source.clone()));
            continue;
        };
        // Without an entry in the map, a listener is named after its protocol.
        let Some(protocol) = map.get(&name).copied().or_else(|| protocol(&name)) else {
            broken.push((name, source.clone()));
            continue;
        };
        let prefix = format!("listener.name.{}", name.to_ascii_lowercase());
        let own = |key: &str| value(&format!("{prefix}.{key}")).or_else(|| value(key));
        let sasl = matches!(
            protocol,
            SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl
        );
        let mechanisms = if sasl {
            list(own("sasl.enabled.mechanisms").unwrap_or("GSSAPI"))
                .map(str::to_ascii_uppercase)
                .collect()
        } else {
            Vec::new()
        };
        let told = advertised.get(&name).cloned().unwrap_or(host);
        let nowhere = matches!(told.as_str(), "" | "0.0.0.0" | "::");
        listeners.push(Listener {
            controller: controllers.contains(&name),
            client_certificate: own("ssl.client.auth")
                .is_some_and(|v| v.eq_ignore_ascii_case("required")),
            certificate_requested: own("ssl.client.auth")
                .is_some_and(|v| v.eq_ignore_ascii_case("requested")),
            port,
            protocol,
            mechanisms,
            advertised_host: (!nowhere).then_some(told),
            unread: None,
            source: source.clone(),
            name,
        });
    }
    (listeners, broken)
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// `NAME://HOST:PORT`; IPv6 hosts stand in brackets.
fn endpoint(text: &str) -> Option<(String, String, u16)> {
    let (name, rest) = text.trim().split_once("://")?;
    let (host, port) = rest.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((
        name.trim().to_ascii_uppercase(),
        host.to_owned(),
        port.trim().parse().ok()?,
    ))
}

fn protocol(text: &str) -> Option<SecurityProtocol> {
    match text.trim().to_ascii_uppercase().as_str() {
        "PLAINTEXT" => Some(SecurityProtocol::Plaintext),
        "SSL" => Some(SecurityProtocol::Ssl),
        "SASL_PLAINTEXT" => Some(SecurityProtocol::SaslPlaintext),
        "SASL_SSL" => Some(SecurityProtocol::SaslSsl),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Vec<Listener>, Vec<(String, Source)>) {
        let at = Source::new("p", 1, "");
        let property = |value: &str| Property {
            value: value.to_owned(),
            source: at.clone(),
        };
        parse(
            &pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), property(v)))
                .collect(),
            &at,
        )
    }

    #[test]
    fn names_protocols_mechanisms_and_hosts_come_from_their_keys() {
        let (listeners, broken) = read(&[
            (
                "listeners",
                "CLIENT://0.0.0.0:9092, INTERNAL://[::1]:9093,CONTROLLER://:9094,BAD://:1",
            ),
            ("advertised.listeners", "CLIENT://b1.example.com:9092"),
            (
                "listener.security.protocol.map",
                "CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:PLAINTEXT",
            ),
            ("controller.listener.names", "CONTROLLER"),
            ("sasl.enabled.mechanisms", "PLAIN"),
            (
                "listener.name.client.sasl.enabled.mechanisms",
                "scram-sha-512",
            ),
            ("listener.name.internal.ssl.client.auth", "required"),
        ]);
        assert_eq!(broken.len(), 1);
        let [client, internal, controller] = &listeners[..] else {
            panic!("{listeners:?}")
        };
        assert_eq!(client.mechanisms, ["SCRAM-SHA-512"]);
        assert_eq!(client.advertised_host.as_deref(), Some("b1.example.com"));
        assert_eq!(internal.advertised_host.as_deref(), Some("::1"));
        assert!(internal.client_certificate && internal.mechanisms.is_empty());
        assert!(controller.controller && controller.advertised_host.is_none());
    }

    #[test]
    fn without_the_key_there_is_the_default_listener() {
        let (listeners, _) = read(&[]);
        assert_eq!(
            (listeners[0].port, listeners[0].protocol),
            (9092, SecurityProtocol::Plaintext)
        );
    }
}

//! Where an engine is, and what is shown to it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_openai::config::Config;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::SecretString;

use crate::ModelError;

/// The library's own configuration takes organisations and keys from the environment, which are nobody else's business.
#[derive(Clone)]
pub(super) struct Endpoint {
    base: Arc<str>,
    /// Without what a URL may say about who asks.
    shown: Arc<str>,
    /// Marked as secret, so that no log shows it.
    headers: HeaderMap,
    loopback: bool,
    no_key: SecretString,
}

impl Endpoint {
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ModelError> {
        let wrong = |what: &str| {
            ModelError::NotConfigured(format!(
                "bad model.endpoint: {what}; it looks like http://127.0.0.1:11434/v1"
            ))
        };
        let base = url.trim().trim_end_matches('/');
        let mut parsed = Url::parse(base).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(wrong("it must begin with http:// or https://"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong(
                "routes are added to its end, so it must not have ? or #",
            ));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.trim()));
            let mut value = value.map_err(|_| {
                let what = "the key that model.api_key_variable names has characters that no key has; set it anew";
                ModelError::NotConfigured(what.to_owned())
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let loopback = parsed.host_str().is_some_and(is_loopback);
        // These fail for URLs that cannot have either, and those have no host.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        Ok(Endpoint {
            base: base.into(),
            shown: parsed.as_str().trim_end_matches('/').into(),
            headers,
            loopback,
            no_key: SecretString::default(),
        })
    }

    pub fn shown(&self) -> Arc<str> {
        self.shown.clone()
    }

    /// What connects to it. A question goes where the user said and nowhere else: redirections are not followed, and what stays on
    /// this machine passes no proxy.
    pub fn http(&self, connect: Duration) -> Result<reqwest::Client, ModelError> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(connect)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true);
        if self.loopback {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| {
            ModelError::NotConfigured(format!(
                "cannot set up HTTP: {}; look at the proxies and certificates of this machine",
                crate::error::root(&error)
            ))
        })
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&self.shown).finish()
    }
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.no_key
    }
}

/// Whether a host of a URL is this machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_that_routes_can_be_added_to() {
        for (url, expected) in [
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/x"),
            (" https://example.org/ ", "https://example.org/x"),
            ("http://[::1]:1/a/v1//", "http://[::1]:1/a/v1/x"),
        ] {
            assert_eq!(Endpoint::new(url, None).unwrap().url("/x"), expected);
        }
        for url in [
            "",
            "127.0.0.1:11434",
            "localhost/v1",
            "ftp://h/v1",
            "http://h/v1?key=1",
            "http://",
        ] {
            let error = Endpoint::new(url, None).unwrap_err().to_string();
            assert!(
                error.contains("it looks like http://127.0.0.1:11434/v1"),
                "{url}: {error}"
            );
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let endpoint = Endpoint::new("https://me:pass@example.org/v1", Some("key-1\n")).unwrap();
        assert_eq!(&*endpoint.shown(), "https://example.org/v1");
        assert_eq!(endpoint.headers()[AUTHORIZATION], "Bearer key-1");
        let debug = format!("{endpoint:?} {:?}", endpoint.headers());
        assert!(
            !debug.contains("key-1") && !debug.contains("pass"),
            "{debug}"
        );
        let error = Endpoint::new("http://h/v1", Some("a\nb"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("api_key_variable") && !error.contains("a\nb"),
            "{error}"
        );
    }

    #[test]
    fn this_machine_goes_by_few_names() {
        for host in ["127.0.0.1", "127.1.2.3", "[::1]", "localhost", "LOCALHOST"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "127.0.0.1.example.org",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
            "localhost.example.org",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}

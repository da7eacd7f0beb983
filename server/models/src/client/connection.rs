//! The URL and credentials of an engine.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::ModelError;

/// The base URL of an engine and the headers of each request. Nothing is taken from the environment.
#[derive(Clone)]
pub(super) struct Connection {
    base: Arc<str>,
    /// `base` without user name and password, for messages.
    shown: Arc<str>,
    /// The authorization header is marked sensitive, so that it is not logged.
    headers: HeaderMap,
    loopback: bool,
}

impl Connection {
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ModelError> {
        let wrong = |what: &str| {
            ModelError::NotConfigured(format!(
                "invalid `model.endpoint`: {what}; expected a URL such as http://127.0.0.1:11434/v1"
            ))
        };
        let base = url.trim().trim_end_matches('/');
        let mut parsed = Url::parse(base).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(wrong("it must start with http:// or https://"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong(
                "it must not contain `?` or `#`, because paths are appended to it",
            ));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.trim()));
            let mut value = value.map_err(|_| {
                let what = "the environment variable named by `model.api_key_variable` contains characters that are not allowed in an API key; set it again";
                ModelError::NotConfigured(what.to_owned())
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let loopback = parsed.host_str().is_some_and(is_loopback);
        // These fail only for URLs without a host, which have no credentials.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        Ok(Connection {
            base: base.into(),
            shown: parsed.as_str().trim_end_matches('/').into(),
            headers,
            loopback,
        })
    }

    /// Returns the URL of an API path, such as `/chat/completions`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// Returns the URL for messages, without credentials.
    pub fn shown(&self) -> Arc<str> {
        self.shown.clone()
    }

    /// Creates the HTTP client. It does not follow redirects, so that a request goes only to the configured server, and uses no proxy
    /// for loopback addresses.
    pub fn http(&self, connect_timeout: Duration) -> Result<reqwest::Client, ModelError> {
        let mut builder = crate::http::client_builder()
            .connect_timeout(connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true);
        if self.loopback {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| {
            ModelError::NotConfigured(format!(
                "cannot create an HTTP client: {}; check the proxy and certificate settings of this machine",
                crate::error::root_cause(&error)
            ))
        })
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection").field(&self.shown).finish()
    }
}

/// Returns whether the host part of a URL is a loopback address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_base_urls_and_rejects_others() {
        for (url, expected) in [
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/x"),
            (" https://example.org/ ", "https://example.org/x"),
            ("http://[::1]:1/a/v1//", "http://[::1]:1/a/v1/x"),
        ] {
            assert_eq!(Connection::new(url, None).unwrap().url("/x"), expected);
        }
        for url in [
            "",
            "127.0.0.1:11434",
            "localhost/v1",
            "ftp://h/v1",
            "http://h/v1?key=1",
            "http://",
        ] {
            let error = Connection::new(url, None).unwrap_err().to_string();
            assert!(
                error.contains("expected a URL such as http://127.0.0.1:11434/v1"),
                "{url}: {error}"
            );
        }
    }

    #[test]
    fn credentials_are_not_displayed() {
        let connection =
            Connection::new("https://me:pass@example.org/v1", Some("key-1\n")).unwrap();
        assert_eq!(&*connection.shown(), "https://example.org/v1");
        assert_eq!(connection.headers()[AUTHORIZATION], "Bearer key-1");
        let debug = format!("{connection:?} {:?}", connection.headers());
        assert!(
            !debug.contains("key-1") && !debug.contains("pass"),
            "{debug}"
        );
        let error = Connection::new("http://h/v1", Some("a\nb"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("api_key_variable") && !error.contains("a\nb"),
            "{error}"
        );
    }

    #[test]
    fn recognizes_loopback_hosts() {
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

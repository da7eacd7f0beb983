//! Authorization: a request must have the token and name a loopback host.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use super::error::Error;
use crate::serve::HostProcess;

pub(super) async fn check(
    State(host): State<Arc<HostProcess>>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let headers = request.headers();
    // Against DNS rebinding: a web page can make its own host name resolve to this machine, but then sends that name.
    if !text(headers, header::HOST).is_some_and(is_loopback) {
        return Err(Error::Forbidden);
    }
    let shown =
        text(headers, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let known =
        shown.is_some_and(|shown| bool::from(shown.as_bytes().ct_eq(host.token.as_bytes())));
    if !known {
        return Err(Error::Unauthorized);
    }
    Ok(next.run(request).await)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Returns whether a `Host` header names the loopback interface, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or_default();
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_loopback_hosts_only() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:1",
            "LOCALHOST",
            "[::1]:9",
            "127.1.2.3",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "127.0.0.1.example.org:80",
            "10.0.0.1:80",
            "localhost.example.org",
            "[::2]:9",
            "0.0.0.0:1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}

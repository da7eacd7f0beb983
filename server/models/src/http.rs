//! The settings that every HTTP client of this program shares.

/// Returns a builder of HTTP clients that speak TLS.
///
/// Build every client with it: reqwest is compiled without a cryptography provider, because its default one takes more than a minute
/// to compile, and panics if a client is built before a provider is installed.
pub fn client_builder() -> reqwest::ClientBuilder {
    // Fails only if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

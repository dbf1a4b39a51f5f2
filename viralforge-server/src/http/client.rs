//! The other side of a request: where it comes from and what it calls itself.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;

use super::REQUEST_ID;
use crate::app::App;

/// The address at the other end of the connection; every request carries it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Who asks, as far as the connection tells.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The address, behind proxies that are trusted.
    pub(super) ip: IpAddr,
    /// `User-Agent`.
    pub(super) name: String,
    pub(super) request_id: String,
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::of(parts.extensions.get(), &parts.headers, &app.trusted_proxies))
    }
}

impl Client {
    pub(super) fn of(peer: Option<&Peer>, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Self {
            ip: behind_proxies(peer, headers, trusted),
            name: text(header::USER_AGENT),
            request_id: text(REQUEST_ID),
        }
    }
}

/// Whether it is a proxy that is trusted that asks.
pub(super) fn is_proxy(peer: &Peer, trusted: &[IpNet]) -> bool {
    let ip = peer.0.ip().to_canonical();
    trusted.iter().any(|net| net.contains(&ip))
}

/// The nearest address that is of no trusted proxy. Each proxy adds the address that it saw at the end of
/// `X-Forwarded-For`, so what stands before the first that is not trusted is only what that one says.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let mut nearest = peer.to_canonical();
    let lists: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let mut said = lists.iter().flat_map(|list| list.split(',')).rev();
    while is_trusted(&nearest) {
        let Some(ip) = said.next().and_then(|text| text.trim().parse::<IpAddr>().ok()) else { break };
        nearest = ip.to_canonical();
    }
    nearest
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ip(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(list).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_as_far_as_they_saw_themselves() {
        assert_eq!(ip("8.8.8.8", &["1.1.1.1"], &[]), "8.8.8.8");
        assert_eq!(ip("10.0.0.1", &["1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6, 1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1", "the first was made up");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6", "1.1.1.1, 10.0.0.2"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(ip("10.0.0.1", &["nonsense"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(ip("::ffff:10.0.0.1", &["2001:db8::1"], &["10.0.0.0/8"]), "2001:db8::1");
    }
}

//! Who may read what is for operators: whoever has their key, and addresses that are allowed (OWASP ASVS 5.0, 13.4.5).

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use super::auth::sent_by_operator;
use super::client::{Client, Peer};
use crate::app::App;

/// Whether a request may read it.
pub(super) struct MayMonitor(pub(super) bool);

impl FromRequestParts<Arc<App>> for MayMonitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer: Option<&Peer> = parts.extensions.get();
        let Some(ip) = peer.map(|peer| peer.0.ip().to_canonical()) else { return Ok(Self(false)) };
        let client = Client::of(peer, &parts.headers, &app.trusted_proxies).ip;
        let is_allowed = comes_from(&app.monitoring_allow, client)
            && (!is_forwarded(&parts.headers) || comes_from(&app.trusted_proxies, ip));
        Ok(Self(is_allowed || sent_by_operator(app, &parts.headers)))
    }
}

fn comes_from(nets: &[IpNet], ip: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&ip))
}

/// Whether a proxy says that it passed the request on: from whom, only one that is trusted can say.
fn is_forwarded(headers: &HeaderMap) -> bool {
    ["x-forwarded-for", "forwarded", "via", "x-real-ip"].iter().any(|name| headers.contains_key(*name))
}

//! How often a password may be tried. Each kind of place has a count of its own, so that guesses from one do not keep the
//! owner out of another.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;

use super::auth::sent_by_operator;
use super::client::Client;
use super::{known, limits};
use crate::account::{Caller, Proof};
use crate::app::App;
use crate::limit::{Policy, Subject};
use crate::metrics::Refused;
use crate::problem::Result;

/// Refuses one more try to sign in. A browser that signed in to the account before is counted by itself. All others are
/// counted by their address, and those at addresses that nobody signed in from by the account as well: somebody with
/// many addresses must not try a password from each.
pub(super) async fn sign_in(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    (email, user_id): (Option<&str>, Option<&str>),
) -> Result<()> {
    if let Some(browser) = user_id.and_then(|user| known::browser(app, user, headers)) {
        return count(app, Subject::User(&format!("browser {browser}"))).await;
    }
    if !sent_by_operator(app, headers) {
        count(app, Subject::Ip(client.ip)).await?;
    }
    let is_known = match user_id {
        Some(user_id) => app.audit.has_signed_in_from(user_id, &client.ip.to_string()).await?,
        None => false,
    };
    match email {
        Some(email) if !is_known => count(app, Subject::User(&format!("sign-in {email}"))).await,
        _ => Ok(()),
    }
}

/// Refuses one more try of the password by somebody who is signed in: whoever stole a session has the tries of that one.
pub(super) async fn password(app: &App, caller: &Caller) -> Result<()> {
    match &caller.proof {
        Proof::Session(id) => count(app, Subject::User(&format!("session {id}"))).await,
        Proof::Operator | Proof::Key(_) => Ok(()),
    }
}

async fn count(app: &App, subject: Subject<'_>) -> Result<()> {
    let now_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
    match app.limits.take(Policy::SignIns, subject, now_us).await {
        Some(decision) if !decision.allowed => {
            app.metrics.refused.get_or_create(&Refused { policy: Policy::SignIns.name() }).inc();
            Err(limits::refusal(Policy::SignIns, &decision))
        }
        _ => Ok(()),
    }
}

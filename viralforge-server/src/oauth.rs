//! Other services that users have accounts at: to sign in with (OpenID Connect), and to connect (OAuth 2.0). By
//! authorization code with PKCE alone, as RFC 9700 has it.

mod attempt;
mod client_key;
mod connection;
mod discovery;
mod id_token;
mod identity;
mod provider;
mod token;

pub(crate) use attempt::{Attempt, LIFETIME_SECONDS as ATTEMPT_LIFETIME_SECONDS};
pub(crate) use client_key::ClientKey;
pub(crate) use connection::{Connection, SELECT as SELECT_CONNECTIONS};
pub(crate) use provider::ProviderView;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sqlx::AnyPool;
use url::Url;

use crate::account::{Audit, Event, Vault, random_token};
use crate::config::Client;
use crate::id;
use crate::outgoing::Outgoing;
use crate::problem::{Problem, Result};
use attempt::Attempts;
use connection::{Connections, Opened};
use discovery::Discovery;
use id_token::Expected;
use identity::Identities;
use provider::{Challenge, Provider};
use token::{Account, Asked, Tokens};

/// How old a proof of who somebody is may be, at the provider, where a fresh one is asked for.
const MAX_AGE_SECONDS: i64 = 60;
/// How many times in a row tokens are renewed before other things are looked after.
const MAX_ROUNDS: usize = 50;

/// Why somebody is not signed in, or an account not connected. The names are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// By the user, at the provider.
    AccessDenied,
    ByProvider,
    /// It does not answer, or with nonsense.
    ProviderFailed,
    /// The answer is of another provider than was asked.
    WrongIssuer,
    BadIdToken,
    /// There is no account at the provider, or none here any more.
    NoAccount,
    SignUpClosed,
    /// Another user signs in with that account.
    OfAnotherUser,
}

impl Refused {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ByProvider => "provider_refused",
            Self::ProviderFailed => "provider_failed",
            Self::WrongIssuer => "wrong_issuer",
            Self::BadIdToken => "bad_id_token",
            Self::NoAccount => "no_account",
            Self::SignUpClosed => "sign_up_closed",
            Self::OfAnotherUser => "of_another_user",
        }
    }
}

/// Refused, or something failed here.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Refused),
    Here(Problem),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Here(problem)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Here(error.into())
    }
}

/// What the provider sends a browser back with (RFC 6749, 4.1.2; RFC 9207).
#[derive(Deserialize)]
pub(crate) struct Returned {
    pub(crate) state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Finished {
    SignedIn {
        user_id: String,
        new: bool,
        /// When they proved who they are, where that is known, in milliseconds since 1970.
        proved_at: Option<i64>,
    },
    Connected {
        user_id: String,
    },
}

/// What is to begin.
#[derive(Clone, Debug)]
pub(crate) struct Beginning<'a> {
    pub(crate) provider: &'a str,
    /// Who connects an account; `None`: somebody signs in.
    pub(crate) user_id: Option<&'a str>,
    /// What only this browser knows.
    pub(crate) browser: &'a str,
    /// The session that it has.
    pub(crate) session_id: Option<String>,
    /// Whether the user has to prove anew who they are.
    pub(crate) fresh: bool,
    pub(crate) return_to: Url,
}

/// The providers that are set up, and all that was begun and connected.
#[derive(Debug)]
pub(crate) struct OAuth {
    providers: Vec<(Provider, Discovery)>,
    outgoing: Outgoing,
    base_url: String,
    sign_up: bool,
    vault: Arc<Vault>,
    audit: Audit,
    attempts: Attempts,
    identities: Identities,
    connections: Connections,
    sealed_anew: AtomicBool,
}

impl OAuth {
    pub(crate) fn new(
        clients: &[Client],
        outgoing: Outgoing,
        (base_url, sign_up): (String, bool),
        pool: &AnyPool,
        vault: Arc<Vault>,
    ) -> Self {
        Self {
            providers: clients.iter().map(|client| (Provider::of(client), Discovery::default())).collect(),
            outgoing,
            base_url,
            sign_up,
            audit: Audit(pool.clone()),
            attempts: Attempts(pool.clone()),
            identities: Identities(pool.clone()),
            connections: Connections { pool: pool.clone(), vault: Arc::clone(&vault) },
            vault,
            sealed_anew: AtomicBool::new(false),
        }
    }

    pub(crate) fn providers(&self) -> Vec<ProviderView> {
        self.providers.iter().map(|(provider, _)| provider.view()).collect()
    }

    fn provider(&self, name: &str) -> Option<&(Provider, Discovery)> {
        self.providers.iter().find(|(provider, _)| provider.name == name)
    }

    /// The one address that a provider sends browsers back to.
    fn callback(&self, provider: &Provider) -> String {
        format!("{}/v1/auth/{}/callback", self.base_url, provider.name)
    }

    /// Where to come back to: a page of this server, by a path that nothing can make the address of another.
    pub(crate) fn page(&self, path: &str) -> Result<Url> {
        let base = Url::parse(&self.base_url).map_err(|_| Problem::internal())?;
        let page = base.join(path).ok().filter(|page| path.starts_with('/') && page.origin() == base.origin());
        let fits = |page: &Url| page.as_str().len() <= 1024 && page.username().is_empty() && page.password().is_none();
        page.filter(fits).ok_or_else(|| Problem::invalid_option("return_to is no path on this server, like /done"))
    }

    /// Begins a sign-in, or for a user a connection; the address at the provider to send the browser to.
    pub(crate) async fn begin(&self, beginning: Beginning<'_>) -> Result<Url> {
        let Beginning { provider: name, user_id: user, browser, session_id, fresh, return_to } = beginning;
        let none = || Problem::not_found("provider");
        let (provider, discovery) = self.provider(name).ok_or_else(none)?;
        if user.is_none() && !provider.signs_in() {
            return Err(none());
        }
        let endpoints = discovery.endpoints(provider, &self.outgoing).await.map_err(|failure| match failure {
            Failure::Here(problem) => problem,
            Failure::Refused(_) => Problem::unavailable("the provider does not answer"),
        })?;
        let mut url = Url::parse(&endpoints.authorization).map_err(|_| Problem::internal())?;
        let state = random_token()?;
        let digest = Sha256::digest(self.verifier(&state));
        let challenge = match provider.challenge {
            Challenge::Base64Url => URL_SAFE_NO_PAD.encode(digest),
            Challenge::Hex => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let scopes = if user.is_some() { provider.scopes } else { provider.sign_in_scopes };
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair(provider.client_id_name, &provider.client_id)
            .append_pair("redirect_uri", &self.callback(provider))
            .append_pair("scope", &scopes.join(provider.separator))
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if provider.issuer().is_some() {
            url.query_pairs_mut().append_pair("nonce", &self.nonce(&state));
        }
        if user.is_some() {
            url.query_pairs_mut().extend_pairs(provider.extra);
        }
        if fresh && provider.tells_age {
            url.query_pairs_mut().append_pair("max_age", &MAX_AGE_SECONDS.to_string());
        } else if fresh {
            url.query_pairs_mut().append_pair("prompt", "select_account");
        }
        let (provider, user_id, began_at) = (name.to_owned(), user.map(str::to_owned), id::now_ms());
        let attempt = Attempt { provider, user_id, session_id, fresh, began_at, return_to, state };
        self.attempts.add(&attempt, browser).await?;
        Ok(url)
    }

    /// The verifier of PKCE and the nonce follow from `state` by a key of ours: neither has to be kept, and whoever
    /// sees `state` on its way finds neither.
    fn verifier(&self, state: &str) -> String {
        self.vault.derive("oauth-verifier", state)
    }

    fn nonce(&self, state: &str) -> String {
        self.vault.derive("oauth-nonce", state)
    }

    /// What was begun with this `state`, in this browser and at this provider; that is told once.
    pub(crate) async fn take(&self, provider: &str, state: &str, browser: &str) -> Result<Option<Attempt>> {
        self.attempts.take(provider, state, browser).await
    }

    /// Finishes what was begun.
    pub(crate) async fn finish(&self, attempt: &Attempt, returned: Returned) -> Result<Finished, Failure> {
        let (provider, discovery) = self.provider(&attempt.provider).ok_or_else(Problem::internal)?;
        let endpoints = discovery.endpoints(provider, &self.outgoing).await?;
        // Errors are of somebody as well.
        let is_of_provider = match (provider.issuer(), &returned.iss) {
            (Some(issuer), Some(named)) => named == issuer,
            (Some(_), None) => !endpoints.names_issuer,
            // These have a callback of their own, as all have.
            (None, _) => true,
        };
        if !is_of_provider {
            return Err(Refused::WrongIssuer.into());
        }
        let code = match (returned.error.as_deref(), returned.code) {
            (None, Some(code)) => code,
            (Some("access_denied"), _) => return Err(Refused::AccessDenied.into()),
            _ => return Err(Refused::ByProvider.into()),
        };
        let asked = Asked { provider, endpoints: &endpoints, outgoing: &self.outgoing };
        let tokens = asked.exchange(&code, &self.verifier(&attempt.state), &self.callback(provider)).await?;
        let subject = match (provider.issuer(), &endpoints.jwks) {
            (Some(issuer), Some(jwks)) => {
                let nonce = self.nonce(&attempt.state);
                let fresh = attempt.fresh && provider.tells_age;
                let authenticated_since = fresh.then_some(attempt.began_at / 1000 - MAX_AGE_SECONDS);
                let client_id = &provider.client_id;
                let expected = Expected { issuer, client_id, nonce: &nonce, authenticated_since };
                let token = tokens.id.as_deref().ok_or(Refused::BadIdToken)?;
                let kid = id_token::key_name(token).ok_or(Refused::BadIdToken)?;
                let keys = discovery.keys(kid.as_deref(), jwks, &self.outgoing).await?;
                let subject = id_token::subject(token, &keys, expected).ok_or(Refused::BadIdToken)?;
                Some((issuer, subject))
            }
            _ => None,
        };
        match (&attempt.user_id, subject) {
            (Some(user_id), subject) => {
                let subject = subject.map(|(issuer, subject)| (issuer, subject.id));
                let account = asked.account(&tokens.access).await?;
                self.connect(user_id, provider, (&account, tokens), subject).await?;
                Ok(Finished::Connected { user_id: user_id.clone() })
            }
            (None, Some((issuer, subject))) => {
                let now = id::now_ms();
                // One that does not tell may have answered out of a session of its own; one that cannot is believed.
                let told = subject.authenticated_at.map(|at| at.saturating_mul(1000).min(now));
                let proved_at = if provider.tells_age { told } else { Some(now) };
                match self.identities.user(issuer, &subject.id).await? {
                    Some(user_id) => Ok(Finished::SignedIn { user_id, new: false, proved_at }),
                    None if !self.sign_up => Err(Refused::SignUpClosed.into()),
                    None => {
                        let user_id = self.identities.sign_up(issuer, &subject.id).await?;
                        Ok(Finished::SignedIn { user_id, new: true, proved_at })
                    }
                }
            }
            (None, None) => Err(Refused::BadIdToken.into()),
        }
    }

    async fn connect(
        &self,
        user_id: &str,
        provider: &Provider,
        (account, mut tokens): (&Account, Tokens),
        subject: Option<(&str, String)>,
    ) -> Result<(), Failure> {
        // What answers for an account must speak of the same as the ID token (OpenID Connect Core, 5.3.2).
        let is_user_info = provider.account_url.is_none();
        if subject.as_ref().is_some_and(|(_, subject)| is_user_info && *subject != account.id) {
            return Err(Refused::BadIdToken.into());
        }
        let signs_in = subject.filter(|_| provider.signs_in());
        let known = match &signs_in {
            Some((issuer, subject)) => self.identities.user(issuer, subject).await?,
            None => None,
        };
        if known.as_ref().is_some_and(|known| known != user_id) {
            return Err(Refused::OfAnotherUser.into());
        }
        tokens.scopes.get_or_insert_with(|| provider.scopes.join(" "));
        let id = self.connections.keep(user_id, provider, account, &tokens).await?;
        if let (Some((issuer, subject)), None) = (signs_in, known) {
            self.identities.link(issuer, &subject, user_id, &id).await?;
        }
        Ok(())
    }

    /// Ends a connection, at the provider as well where it can be reached.
    pub(crate) async fn disconnect(&self, id: &str, user_id: &str) -> Result<()> {
        let opened = self.connections.open(id, user_id).await?;
        self.connections.remove(id).await?;
        self.revoke(&opened.connection.provider, &opened.access, opened.refresh.as_deref()).await;
        Ok(())
    }

    async fn revoke(&self, provider: &str, access: &str, refresh: Option<&str>) {
        let Some((provider, discovery)) = self.provider(provider) else { return };
        let revoked = async {
            let endpoints = discovery.endpoints(provider, &self.outgoing).await?;
            let asked = Asked { provider, endpoints: &endpoints, outgoing: &self.outgoing };
            Ok::<_, Failure>(asked.revoke(access, refresh).await?)
        };
        if let Err(failure) = revoked.await {
            tracing::warn!(provider = provider.name, ?failure, "a token could not be revoked");
        }
    }

    /// Renews tokens before they end, seals anew what an older key has sealed, and forgets what nobody came back from.
    pub(crate) async fn tidy(&self, now: i64) -> Result<()> {
        self.attempts.forget(now).await?;
        // The keys stay the same as long as this process runs.
        if !self.sealed_anew.load(Ordering::Relaxed) {
            self.connections.seal_anew().await?;
            self.sealed_anew.store(true, Ordering::Relaxed);
        }
        for _ in 0..MAX_ROUNDS {
            let due = self.connections.due(now).await?;
            if due.is_empty() {
                break;
            }
            join_all(due.iter().map(|opened| self.renew(opened))).await.into_iter().collect::<Result<()>>()?;
        }
        Ok(())
    }

    async fn renew(&self, opened: &Opened) -> Result<()> {
        let Opened { connection, access, refresh } = opened;
        let Some((provider, discovery)) = self.provider(&connection.provider) else { return Ok(()) };
        let renewed = async {
            let endpoints = discovery.endpoints(provider, &self.outgoing).await?;
            let asked = Asked { provider, endpoints: &endpoints, outgoing: &self.outgoing };
            Ok::<_, Failure>(asked.renew(access, refresh.as_deref()).await?)
        };
        match renewed.await {
            Ok(tokens) => {
                if !self.connections.store(connection, connection.name(), &tokens, true).await? {
                    // It was ended in the meantime.
                    self.revoke(provider.name, &tokens.access, tokens.refresh.as_deref()).await;
                }
                Ok(())
            }
            Err(Failure::Refused(Refused::ByProvider)) => {
                self.connections.lose(&connection.id).await?;
                self.audit.note(Event::ConnectionLost, Some(connection.user_id()), "", "").await;
                Ok(())
            }
            // The next attempt comes by itself.
            Err(Failure::Refused(_)) => Ok(()),
            Err(Failure::Here(problem)) => Err(problem),
        }
    }
}

/// Something that only one browser knows, as far as it has one already.
pub(crate) fn browser_secret(known: Option<&str>) -> Result<String> {
    let is_ours =
        |known: &&str| known.len() == 43 && known.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match known.filter(is_ours) {
        Some(known) => Ok(known.to_owned()),
        None => random_token(),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::do_everything;

//! Proving again who one is, for what a stolen session must not do.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use super::tries;
use crate::account::{Caller, Event, Proof};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/account/confirm", post(confirm))
}

impl App {
    /// Refuses a session whose user has not proved in the last ten minutes who they are.
    pub(super) async fn require_fresh(&self, caller: &Caller) -> Result<()> {
        let is_fresh = match &caller.proof {
            Proof::Operator => true,
            Proof::Key(_) => false,
            Proof::Session(id) => self.sessions.is_fresh(id, id::now_ms()).await?,
        };
        let first = "send the password to /v1/account/confirm first, or sign in anew where there is none";
        if is_fresh { Ok(()) } else { Err(Problem::new("confirm_first", first)) }
    }
}

/// What shows that it is really the user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    #[schema(format = "password")]
    password: String,
    /// Where the second factor is on: a code of the authenticator, or a recovery code.
    code: Option<String>,
}

/// Confirm that it is you
///
/// For the next ten minutes, as after a sign-in, this session may connect accounts, end other sessions and ask for
/// an archive of everything. Accounts without a password sign in anew with their provider instead, with `fresh=true`.
#[utoipa::path(post, path = "/v1/account/confirm", operation_id = "confirm", request_body = Confirmation,
    responses((status = 204), (status = 403), (status = 409)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<Confirmation>,
) -> Result<StatusCode> {
    let Proof::Session(session) = &caller.proof else {
        return Err(Problem::conflict("only sessions are confirmed; the server's key needs no confirmation"));
    };
    let user = app.users.get(&caller.user_id).await?;
    let none = || Problem::conflict("this account has no password; sign in anew with its provider");
    let hash = user.password.ok_or_else(none)?;
    tries::password(&app, &caller).await?;
    if !app.passwords.fits(Some(hash), asked.password).await? {
        app.noted(Event::SignInFailed, Some(&user.id), &client).await;
        return Err(Problem::new("forbidden", "the password is wrong"));
    }
    app.take_code(&user.id, asked.code.as_deref(), &client).await?;
    app.sessions.prove(session, id::now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! One-time codes beside the password: turning them on and off.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::client::Client;
use super::compress::Confidential;
use super::tries;
use crate::account::{Caller, Code, Event, Proof};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/account/second-factor", get(one).post(enroll).delete(turn_off))
        .route("/account/second-factor/confirm", post(confirm))
}

impl App {
    /// Takes a code of a user's second factor, or says what is wrong with it; nothing, where they have none.
    pub(super) async fn take_code(&self, user_id: &str, code: Option<&str>, client: &Client) -> Result<()> {
        if !self.second_factors.is_on(user_id).await? {
            return Ok(());
        }
        let Some(code) = code else {
            return Err(Problem::new("second_factor_required", "send a code of the authenticator, or a recovery code"));
        };
        match self.second_factors.take(user_id, code, id::now_ms()).await? {
            Code::OneTime => Ok(()),
            Code::Recovery => {
                self.noted(Event::RecoveryCodeUsed, Some(user_id), client).await;
                Ok(())
            }
            Code::Wrong => {
                // Whoever came this far has the password.
                self.noted(Event::SecondFactorFailed, Some(user_id), client).await;
                Err(Problem::new("forbidden", "the code is wrong, over, or was used before; wait for the next"))
            }
        }
    }
}

/// Whether one-time codes are asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct SecondFactor {
    is_on: bool,
    recovery_codes_left: i64,
}

/// Get your second factor
#[utoipa::path(get, path = "/v1/account/second-factor", operation_id = "getSecondFactor",
    responses((status = 200, body = SecondFactor)))]
pub(super) async fn one(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<SecondFactor>> {
    Ok(Json(SecondFactor {
        is_on: app.second_factors.is_on(&caller.user_id).await?,
        recovery_codes_left: app.second_factors.recovery_codes_left(&caller.user_id).await?,
    }))
}

/// For an authenticator. It is shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct Enrollment {
    /// In base 32, to type in.
    secret: String,
    /// To show as a QR code.
    otpauth_url: String,
}

/// Begin to use a second factor
///
/// Makes a secret for an authenticator (TOTP: SHA-1, 6 digits, 30 seconds). Nothing is asked for before it is confirmed
/// with a code. Takes a sign-in or a confirmation of the last ten minutes.
#[utoipa::path(post, path = "/v1/account/second-factor", operation_id = "enrollSecondFactor",
    responses((status = 201, body = Enrollment), (status = 403), (status = 409)))]
pub(super) async fn enroll(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<(StatusCode, Confidential<Enrollment>)> {
    if !matches!(caller.proof, Proof::Session(_)) {
        return Err(Problem::conflict("only who signs in has a second factor"));
    }
    app.require_fresh(&caller).await?;
    let user = app.users.get(&caller.user_id).await?;
    let name = user.email.unwrap_or(user.id.clone());
    let enrolled = app.second_factors.enroll(&user.id, &name).await?;
    Ok((StatusCode::CREATED, Confidential(Enrollment { secret: enrolled.secret, otpauth_url: enrolled.url })))
}

/// A code of the authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstCode {
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// What lets somebody in who lost the authenticator.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodes {
    /// Each is good once. They are not kept: keep them well.
    recovery_codes: Vec<String>,
}

/// Turn the second factor on
///
/// From now on each sign-in takes a code. All other sessions are ended.
#[utoipa::path(post, path = "/v1/account/second-factor/confirm", operation_id = "confirmSecondFactor",
    request_body = FirstCode, responses((status = 200, body = RecoveryCodes), (status = 403)))]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<FirstCode>,
) -> Result<Confidential<RecoveryCodes>> {
    tries::password(&app, &caller).await?;
    let confirmed = app.second_factors.confirm(&caller.user_id, &asked.code, id::now_ms()).await?;
    let wrong = || Problem::new("forbidden", "the code is not of a secret that waits to be confirmed");
    let recovery_codes = confirmed.ok_or_else(wrong)?;
    let this = if let Proof::Session(id) = &caller.proof { id } else { "" };
    app.sessions.end_others(&caller.user_id, this).await?;
    app.noted(Event::SecondFactorOn, Some(&caller.user_id), &client).await;
    Ok(Confidential(RecoveryCodes { recovery_codes }))
}

/// What shows that it is really the user who turns it off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TurningOff {
    /// Null for accounts without a password, which sign in anew before.
    #[schema(format = "password")]
    password: Option<String>,
    /// Of the authenticator, or a recovery code.
    code: String,
}

/// Turn the second factor off
#[utoipa::path(delete, path = "/v1/account/second-factor", operation_id = "turnSecondFactorOff",
    request_body = TurningOff, responses((status = 204), (status = 403), (status = 404)))]
pub(super) async fn turn_off(
    State(app): State<Arc<App>>,
    caller: Caller,
    client: Client,
    Asked(asked): Asked<TurningOff>,
) -> Result<StatusCode> {
    if !app.second_factors.is_on(&caller.user_id).await? {
        return Err(Problem::not_found("second factor"));
    }
    tries::password(&app, &caller).await?;
    let user = app.users.get(&caller.user_id).await?;
    if user.password.is_none() {
        app.require_fresh(&caller).await?;
    } else if !app.passwords.fits(user.password, asked.password.unwrap_or_default()).await? {
        app.noted(Event::SignInFailed, Some(&user.id), &client).await;
        return Err(Problem::new("forbidden", "the password is wrong"));
    }
    app.take_code(&user.id, Some(&asked.code), &client).await?;
    app.second_factors.turn_off(&user.id).await?;
    app.noted(Event::SecondFactorOff, Some(&user.id), &client).await;
    Ok(StatusCode::NO_CONTENT)
}

//! One-time codes beside the password (TOTP, RFC 6238), and recovery codes for whoever lost what makes them.

use std::sync::Arc;

use ring::rand::SecureRandom as _;
use sqlx::{AnyPool, Row};
use totp_rs::{Builder, Secret, Totp};

use super::{Vault, hash};
use crate::problem::{Problem, Result};

/// Random bytes of a secret (RFC 4226, 4).
const SECRET_BYTES: usize = 20;
/// How many recovery codes there are, and the random bytes of each: enough for a plain hash (ASVS 5.0, 6.5.2).
const RECOVERY_CODES: usize = 10;
const RECOVERY_BYTES: usize = 15;
/// What authenticators call this service.
const ISSUER: &str = "ViralForge";

/// What is shown once, for an authenticator.
pub(crate) struct Enrolled {
    pub(crate) secret: String,
    /// What is in the picture that authenticators read.
    pub(crate) url: String,
}

/// What a code was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Of the authenticator.
    OneTime,
    Recovery,
    /// Another one, or used before.
    Wrong,
}

/// All second factors.
#[derive(Clone, Debug)]
pub(crate) struct SecondFactors {
    pub(crate) pool: AnyPool,
    pub(crate) vault: Arc<Vault>,
}

impl SecondFactors {
    /// Makes a secret for a user, which counts once it is confirmed. `name` is what the account is called.
    pub(crate) async fn enroll(&self, user_id: &str, name: &str) -> Result<Enrolled> {
        let secret = random::<SECRET_BYTES>()?;
        let made = sqlx::query(
            "INSERT INTO second_factors (user_id, sealed, last_step) VALUES ($1, $2, -1) \
             ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed WHERE second_factors.confirmed_at IS NULL",
        )
        .bind(user_id)
        .bind(self.vault.seal(&purpose(user_id), &secret)?)
        .execute(&self.pool)
        .await?;
        if made.rows_affected() == 0 {
            return Err(Problem::conflict("there is a second factor already; turn it off first"));
        }
        let builder = Builder::new().with_secret(secret.to_vec()).with_account_name(name).with_issuer(Some(ISSUER));
        let totp = builder.build().map_err(|_| Problem::internal())?;
        let url = totp.to_url().map_err(|_| Problem::internal())?;
        Ok(Enrolled { secret: totp.secret().to_base32(), url })
    }

    /// Turns a secret on, for which there is a code; the recovery codes. `now` is in milliseconds since 1970.
    pub(crate) async fn confirm(&self, user_id: &str, code: &str, now: i64) -> Result<Option<Vec<String>>> {
        let Some(step) = self.step(user_id, code, now, false).await? else { return Ok(None) };
        let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>>>()?;
        let mut tx = self.pool.begin().await?;
        let confirmed = sqlx::query(
            "UPDATE second_factors SET confirmed_at = $1, last_step = $2 WHERE user_id = $3 AND confirmed_at IS NULL",
        )
        .bind(now)
        .bind(step)
        .bind(user_id)
        .execute(&mut *tx)
        .await?;
        if confirmed.rows_affected() == 0 {
            return Ok(None);
        }
        for code in &codes {
            sqlx::query("INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)")
                .bind(user_id)
                .bind(hash(&plain(code)))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Some(codes))
    }

    /// Whether a user is asked for codes.
    pub(crate) async fn is_on(&self, user_id: &str) -> Result<bool> {
        Ok(self.sealed(user_id, true).await?.is_some())
    }

    /// How many recovery codes a user has left.
    pub(crate) async fn recovery_codes_left(&self, user_id: &str) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE user_id = $1")
            .bind(user_id)
            .fetch_one(&self.pool)
            .await?)
    }

    /// Takes a code, each once; those of an authenticator in the order in which it shows them, too.
    pub(crate) async fn take(&self, user_id: &str, code: &str, now: i64) -> Result<Code> {
        if let Some(step) = self.step(user_id, code, now, true).await? {
            let taken = sqlx::query("UPDATE second_factors SET last_step = $1 WHERE user_id = $2 AND last_step < $1")
                .bind(step)
                .bind(user_id)
                .execute(&self.pool)
                .await?;
            return Ok(if taken.rows_affected() == 1 { Code::OneTime } else { Code::Wrong });
        }
        let taken = sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2")
            .bind(user_id)
            .bind(hash(&plain(code)))
            .execute(&self.pool)
            .await?;
        Ok(if taken.rows_affected() == 1 { Code::Recovery } else { Code::Wrong })
    }

    /// Turns a second factor off, and forgets all of it; whether there was one.
    pub(crate) async fn turn_off(&self, user_id: &str) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
        let off = sqlx::query("DELETE FROM second_factors WHERE user_id = $1").bind(user_id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(off.rows_affected() == 1)
    }

    /// Seals anew what an older key has sealed.
    pub(crate) async fn seal_anew(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let rows =
                sqlx::query("SELECT user_id, sealed FROM second_factors WHERE user_id > $1 ORDER BY user_id LIMIT 100")
                    .bind(&after)
                    .fetch_all(&self.pool)
                    .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.try_get("user_id")?;
            for row in &rows {
                let (user_id, old): (String, String) = (row.try_get("user_id")?, row.try_get("sealed")?);
                let Some(secret) = self.vault.open(&purpose(&user_id), &old).filter(|_| self.vault.is_old(&old)) else {
                    continue;
                };
                sqlx::query("UPDATE second_factors SET sealed = $1 WHERE user_id = $2 AND sealed = $3")
                    .bind(self.vault.seal(&purpose(&user_id), &secret)?)
                    .bind(&user_id)
                    .bind(&old)
                    .execute(&self.pool)
                    .await?;
            }
        }
    }

    /// The step of time that a code is of, by the secret of a user that is on, or that is to be turned on.
    async fn step(&self, user_id: &str, code: &str, now: i64, is_on: bool) -> Result<Option<i64>> {
        let Some(sealed) = self.sealed(user_id, is_on).await? else { return Ok(None) };
        // Whoever has it must not be let in without: what cannot be read is no code either.
        let Some(secret) = self.vault.open(&purpose(user_id), &sealed) else { return Ok(None) };
        // The defaults are those of every authenticator: SHA-1, six digits, 30 seconds. A code is good for these and no
        // longer (OWASP ASVS 5.0, 6.5.5), so that clocks have to be right to some seconds.
        let builder = Builder::new().with_secret(Secret::from(secret)).with_skew(0);
        let totp: Totp = builder.build().map_err(|_| Problem::internal())?;
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let step = is_code.then(|| totp.check(code, (now / 1000).max(0) as u64)).flatten();
        Ok(step.map(|step| step as i64))
    }

    async fn sealed(&self, user_id: &str, is_on: bool) -> Result<Option<String>> {
        let row = sqlx::query("SELECT sealed, confirmed_at FROM second_factors WHERE user_id = $1")
            .bind(user_id)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let confirmed: Option<i64> = row.try_get("confirmed_at")?;
        Ok(if confirmed.is_some() == is_on { Some(row.try_get("sealed")?) } else { None })
    }
}

fn purpose(user_id: &str) -> String {
    format!("second-factor/{user_id}")
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| Problem::internal())?;
    Ok(bytes)
}

/// A recovery code, in groups that can be read from paper.
fn recovery_code() -> Result<String> {
    let text = Secret::from(random::<RECOVERY_BYTES>()?.to_vec()).to_base32();
    let groups: Vec<_> = text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    Ok(groups.join("-"))
}

/// A recovery code however somebody wrote it.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests;

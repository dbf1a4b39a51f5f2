//! Who signs in elsewhere: users by issuer and subject. An e-mail address is never enough: whoever has it there need not
//! be whoever has it here.

use sqlx::{AnyPool, Row};

use super::{Failure, Refused};
use crate::id;
use crate::problem::Result;

/// All identities.
#[derive(Clone, Debug)]
pub(super) struct Identities(pub(super) AnyPool);

impl Identities {
    /// The user of an identity.
    pub(super) async fn user(&self, issuer: &str, subject: &str) -> Result<Option<String>, Failure> {
        let row = sqlx::query(
            "SELECT i.user_id, u.state FROM identities i JOIN users u ON u.id = i.user_id \
             WHERE i.issuer = $1 AND i.subject = $2",
        )
        .bind(issuer)
        .bind(subject)
        .fetch_optional(&self.0)
        .await?;
        match row {
            Some(row) if row.try_get::<String, _>("state")? != "active" => Err(Refused::NoAccount.into()),
            row => Ok(row.map(|row| row.try_get("user_id")).transpose()?),
        }
    }

    /// Makes a user who signs in by this identity alone.
    pub(super) async fn sign_up(&self, issuer: &str, subject: &str) -> Result<String> {
        let user_id = id::fresh();
        let mut tx = self.0.begin().await?;
        sqlx::query("INSERT INTO users (id, state, created_at) VALUES ($1, 'active', $2)")
            .bind(&user_id)
            .bind(id::now_ms())
            .execute(&mut *tx)
            .await?;
        add(&mut tx, issuer, subject, &user_id, None).await?;
        tx.commit().await?;
        Ok(user_id)
    }

    /// Has a user sign in by an identity as well, as long as the connection is there.
    pub(super) async fn link(&self, issuer: &str, subject: &str, user_id: &str, connection_id: &str) -> Result<()> {
        add(&mut *self.0.acquire().await?, issuer, subject, user_id, Some(connection_id)).await
    }
}

async fn add(
    connection: &mut sqlx::AnyConnection,
    issuer: &str,
    subject: &str,
    user_id: &str,
    connection_id: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO identities (issuer, subject, user_id, connection_id, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(issuer)
    .bind(subject)
    .bind(user_id)
    .bind(connection_id)
    .bind(id::now_ms())
    .execute(connection)
    .await?;
    Ok(())
}

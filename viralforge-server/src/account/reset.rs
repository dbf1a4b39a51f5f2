//! Tokens by which users who forgot their password choose another.

use sqlx::AnyPool;

use super::{hash, random_token};
use crate::problem::Result;

/// How long a token is good.
const LIFETIME_MS: i64 = 3600 * 1000;

/// All tokens: one for a user at most, of which the hash is kept.
#[derive(Clone, Debug)]
pub(crate) struct Resets(pub(crate) AnyPool);

impl Resets {
    /// A token for a user, in place of one before, and when it is over.
    pub(crate) async fn make(&self, user_id: &str, now: i64) -> Result<(String, i64)> {
        let (token, expires_at) = (random_token()?, now + LIFETIME_MS);
        sqlx::query(
            "INSERT INTO password_resets (user_id, hash, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at",
        )
        .bind(user_id)
        .bind(hash(&token))
        .bind(expires_at)
        .execute(&self.0)
        .await?;
        Ok((token, expires_at))
    }

    /// Whose token it is, if it is good.
    pub(crate) async fn user(&self, token: &str, now: i64) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT user_id FROM password_resets WHERE hash = $1 AND expires_at > $2")
            .bind(hash(token))
            .bind(now)
            .fetch_optional(&self.0)
            .await?)
    }

    /// Uses a token up; whether it was good.
    pub(crate) async fn take(&self, token: &str, now: i64) -> Result<bool> {
        let taken = sqlx::query("DELETE FROM password_resets WHERE hash = $1 AND expires_at > $2")
            .bind(hash(token))
            .bind(now)
            .execute(&self.0)
            .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Ends the token of a user.
    pub(crate) async fn end(&self, user_id: &str) -> Result<()> {
        sqlx::query("DELETE FROM password_resets WHERE user_id = $1").bind(user_id).execute(&self.0).await?;
        Ok(())
    }

    /// Forgets those that are over.
    pub(crate) async fn forget(&self, now: i64) -> Result<()> {
        sqlx::query("DELETE FROM password_resets WHERE expires_at < $1").bind(now).execute(&self.0).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::OPERATOR;
    use super::*;
    use crate::config::Secret;
    use crate::db::Database;

    #[tokio::test]
    async fn a_token_is_good_for_an_hour_once_and_until_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("t.db").display());
        let database = Database::connect(&Secret::new(url), 1).await.unwrap();
        database.migrate().await.unwrap();
        let resets = Resets(database.pool);
        let (old, _) = resets.make(OPERATOR, 0).await.unwrap();
        let (token, expires_at) = resets.make(OPERATOR, 0).await.unwrap();
        assert_eq!(resets.user(&old, 0).await.unwrap(), None);
        assert_eq!(resets.user(&token, expires_at - 1).await.unwrap().as_deref(), Some(OPERATOR));
        assert_eq!(resets.user(&token, expires_at).await.unwrap(), None);
        assert!(!resets.take(&token, 3600 * 1000).await.unwrap());
        assert!(resets.take(&token, 3600 * 1000 - 1).await.unwrap());
        assert!(!resets.take(&token, 0).await.unwrap());
        let (token, _) = resets.make(OPERATOR, 0).await.unwrap();
        resets.end(OPERATOR).await.unwrap();
        assert_eq!(resets.user(&token, 0).await.unwrap(), None);
    }
}

//! The table of users.

use serde::Serialize;
use sqlx::{AnyPool, Row};
use utoipa::ToSchema;

use crate::id;
use crate::problem::{Problem, Result};

/// Longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3, without its brackets).
const MAX_EMAIL_BYTES: usize = 254;

/// Somebody with an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct User {
    pub(crate) id: String,
    /// Null for the operator, and for whoever only signs in elsewhere.
    pub(crate) email: Option<String>,
    #[serde(skip)]
    pub(crate) password: Option<String>,
    #[serde(rename = "created_at_ms")]
    pub(crate) created_at: i64,
}

/// All users.
#[derive(Clone, Debug)]
pub(crate) struct Users(pub(crate) AnyPool);

impl Users {
    /// Adds a user. `email` is in the form that [`Users::email`] gives, and `password` hashed.
    pub(crate) async fn add(&self, email: Option<&str>, password: Option<&str>) -> Result<User> {
        let (id, now) = (id::fresh(), id::now_ms());
        let added =
            sqlx::query("INSERT INTO users (id, email, password, state, created_at) VALUES ($1, $2, $3, 'active', $4)")
                .bind(&id)
                .bind(email)
                .bind(password)
                .bind(now)
                .execute(&self.0)
                .await;
        match added {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(Problem::conflict("there is an account with that address; sign in instead"))
            }
            Err(error) => Err(error.into()),
            Ok(_) => Ok(User { id, email: email.map(str::to_owned), password: None, created_at: now }),
        }
    }

    pub(crate) async fn get(&self, id: &str) -> Result<User> {
        self.find("SELECT id, email, password, created_at FROM users WHERE id = $1 AND state = 'active'", id)
            .await?
            .ok_or_else(|| Problem::not_found("user"))
    }

    pub(crate) async fn by_email(&self, email: &str) -> Result<Option<User>> {
        self.find("SELECT id, email, password, created_at FROM users WHERE email = $1 AND state = 'active'", email)
            .await
    }

    async fn find(&self, statement: &'static str, value: &str) -> Result<Option<User>> {
        let row = sqlx::query(statement).bind(value).fetch_optional(&self.0).await?;
        let user = row.map(|row| {
            Ok::<_, sqlx::Error>(User {
                id: row.try_get("id")?,
                email: row.try_get("email")?,
                password: row.try_get("password")?,
                created_at: row.try_get("created_at")?,
            })
        });
        Ok(user.transpose()?)
    }

    pub(crate) async fn set_password(&self, id: &str, password: &str) -> Result<()> {
        sqlx::query("UPDATE users SET password = $1 WHERE id = $2").bind(password).bind(id).execute(&self.0).await?;
        Ok(())
    }

    /// Another hash of the same password, unless it was changed in between.
    pub(super) async fn change_hash(&self, id: &str, old: &str, new: &str) -> Result<()> {
        let sql = "UPDATE users SET password = $1 WHERE id = $2 AND password = $3";
        sqlx::query(sql).bind(new).bind(id).bind(old).execute(&self.0).await?;
        Ok(())
    }

    /// An address in the one form that is kept. Whether somebody reads mail there, only mail could tell; here it is a
    /// name that others cannot have.
    pub(crate) fn email(text: &str) -> Result<String> {
        let email = text.trim().to_lowercase();
        let fits = email.len() <= MAX_EMAIL_BYTES
            && !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c))
            && email.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.len() > 2 && host.contains('.') && !host.contains('@') && !host.contains("..")
            });
        if fits { Ok(email) } else { Err(Problem::invalid_option("email is no address of the form name@example.com")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        assert_eq!(Users::email(" Maria@Example.com ").unwrap(), "maria@example.com");
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in
            ["", "maria", "@example.com", "a@b", "a b@example.com", "a@x.com\r\nX: y", "a@@x.com", "<a@x.com>", &long]
        {
            assert!(Users::email(bad).is_err(), "{bad}");
        }
    }
}

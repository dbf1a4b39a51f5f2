//! Whoever sends a request, once that is known.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Event;
use crate::problem::{Problem, Result};

/// The user that the key of the configuration stands for; the migration makes it.
pub(crate) const OPERATOR: &str = "00000000000000000000000000000000";

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// See uploads, assets, jobs and files.
    Read,
    /// Upload, ask for jobs, cancel and delete.
    Write,
    /// Change the account: password, sessions, keys, connections.
    Account,
    /// Take jobs of all users, as an outside worker does.
    Work,
}

/// What a caller may do, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scopes(pub(crate) Vec<Scope>);

impl Scopes {
    /// As they are kept: names with spaces between them. A name that is not known is of a newer version, and not given.
    pub(crate) fn parse(text: &str) -> Self {
        let named = |name: &str| serde_json::from_value(name.into()).ok();
        Self(text.split(' ').filter_map(named).collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().filter_map(|scope| serde_json::to_value(scope).ok()).collect();
        f.write_str(&names.iter().filter_map(|name| name.as_str()).collect::<Vec<_>>().join(" "))
    }
}

/// By what it is known who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The key of the configuration.
    Operator,
    /// An API key, by its identifier.
    Key(String),
    /// An access token of a session.
    Session(String),
}

/// A user, and what this request of theirs may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) proof: Proof,
}

/// What belongs to a user.
pub(crate) trait Owned {
    /// What it is called where somebody else asks for it.
    const WHAT: &'static str;

    /// The identifier of the user.
    fn owner(&self) -> &str;
}

impl Caller {
    /// Whoever holds the key of the configuration.
    pub(crate) fn operator() -> Self {
        let scopes = Scopes(vec![Scope::Read, Scope::Write, Scope::Account, Scope::Work]);
        Self { user_id: OPERATOR.to_owned(), scopes, proof: Proof::Operator }
    }

    /// Somebody who signed in.
    pub(crate) fn signed_in(user_id: String, session: String) -> Self {
        let scopes = Scopes(vec![Scope::Read, Scope::Write, Scope::Account]);
        Self { user_id, scopes, proof: Proof::Session(session) }
    }

    pub(crate) fn require(&self, scope: Scope) -> Result<()> {
        if self.scopes.0.contains(&scope) {
            return Ok(());
        }
        let detail = format!("this key may not do that; it takes one with the scope {}", Scopes(vec![scope]));
        Err(Problem::new("forbidden", detail).noted_as(Event::ScopeRefused))
    }

    /// What is the caller's own; of anything else they learn no more than of what is not there.
    pub(crate) fn own<T: Owned>(&self, thing: T) -> Result<T> {
        let is_own = thing.owner() == self.user_id;
        if is_own { Ok(thing) } else { Err(Problem::not_found(T::WHAT).noted_as(Event::OwnershipRefused)) }
    }

    /// A client's own name for a request, made the user's own: two users may choose the same.
    pub(crate) fn idempotency_key(&self, key: &str) -> String {
        format!("{} {key}", self.user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_kept_as_names_and_unknown_ones_give_nothing() {
        let scopes = Scopes(vec![Scope::Read, Scope::Work]);
        assert_eq!(scopes.to_string(), "read work");
        assert_eq!(Scopes::parse("read work"), scopes);
        assert_eq!(Scopes::parse("read everything"), Scopes(vec![Scope::Read]));
        assert_eq!(Scopes::parse(""), Scopes(Vec::new()));
    }

    #[test]
    fn only_the_operator_may_take_jobs_of_all_users() {
        assert!(Caller::operator().require(Scope::Work).is_ok());
        let user = Caller::signed_in("a".to_owned(), "s".to_owned());
        assert!(user.require(Scope::Account).is_ok());
        assert_eq!(user.require(Scope::Work).unwrap_err().status(), 403);
    }
}

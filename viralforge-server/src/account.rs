//! Who uses the server: users, how they prove who they are, and what they may do.

mod access;
pub(crate) mod audit;
mod caller;
pub(crate) mod key;
mod leaked;
mod password;
mod rehash;
mod reset;
mod second_factor;
pub(crate) mod session;
mod user;
mod vault;

#[cfg(test)]
pub(crate) use access::install_crypto;
pub(crate) use access::{AccessTokens, LIFETIME_SECONDS as ACCESS_LIFETIME_SECONDS};
pub(crate) use audit::{Audit, Event};
pub(crate) use caller::{Caller, OPERATOR, Owned, Proof, Scope, Scopes};
pub(crate) use key::{ApiKeys, PREFIX as API_KEY_PREFIX};
pub(crate) use leaked::Leaked;
pub(crate) use password::Passwords;
pub(crate) use reset::Resets;
pub(crate) use second_factor::{Code, SecondFactors};
pub(crate) use session::{Refreshed, Session, Sessions};
pub(crate) use user::{User, Users};
pub(crate) use vault::Vault;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom as _;
use sha2::{Digest as _, Sha256};

use crate::problem::{Problem, Result};

/// 256 random bits, as text that fits into headers and cookies.
pub(crate) fn random_token() -> Result<String> {
    let mut bytes = [0; 32];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| Problem::internal())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a random token: whoever reads the database cannot use it. Nothing slower is needed for 256 random
/// bits, unlike for a password.
pub(crate) fn hash(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

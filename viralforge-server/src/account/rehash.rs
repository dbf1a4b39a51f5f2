//! Passwords that were hashed with other parameters than today's are hashed anew when somebody signs in with them: only
//! then are they known.

use argon2::Params;

use super::{Passwords, User, Users};
use crate::problem::Result;

impl Passwords {
    /// Whether the password is the user's; never, where there is no user, and after as long a time.
    pub(crate) async fn is_of(&self, users: &Users, user: Option<&User>, password: String) -> Result<bool> {
        let hash = user.and_then(|user| user.password.clone());
        let old = hash.clone().filter(|hash| !is_of_today(hash));
        let fits = self.fits(hash, password.clone()).await?;
        if let (true, Some(user), Some(old)) = (fits, user, old) {
            let new = self.hash(password).await?;
            users.change_hash(&user.id, &old, &new).await?;
        }
        Ok(fits)
    }
}

fn is_of_today(hash: &str) -> bool {
    let (memory, passes, lanes) = (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST);
    hash.starts_with(&format!("$argon2id$v=19$m={memory},t={passes},p={lanes}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_of_today_is_one_and_with_other_parameters_it_is_none() {
        let hash = Passwords::new(None).unwrap().hash("a long enough secret".to_owned()).await.unwrap();
        assert!(is_of_today(&hash), "{hash}");
        for (part, other) in [("argon2id", "argon2i"), ("v=19", "v=16"), ("m=19456", "m=4096"), ("t=2", "t=20")] {
            assert!(!is_of_today(&hash.replace(part, other)), "{other}");
        }
    }
}

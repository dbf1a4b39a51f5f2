//! Passwords: which are good enough, and how they are kept.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use super::Leaked;
use crate::problem::{Problem, Result};

/// Shortest and longest password, in characters (ASVS 5.0, 6.2.1 and 6.2.9).
const CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// The 4,000 that are used most of those that are long enough (ASVS 5.0, 6.2.4); from the list of zxcvbn (MIT license).
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes passwords with argon2id (RFC 9106) at OWASP's floor of 19 MiB and two passes, which the crate has as its
/// default. Only so many at a time as there are cores: each takes 19 MiB and a core for some 20 ms, and whoever asks
/// for many waits.
#[derive(Debug)]
pub(crate) struct Passwords {
    room: Arc<Semaphore>,
    /// What the password of a user who is not there is compared with, so that it takes as long.
    decoy: String,
    /// Those that leaked elsewhere, where the operator has a file of them.
    leaked: Option<Arc<Leaked>>,
}

impl Passwords {
    pub(crate) fn new(leaked: Option<Leaked>) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let decoy = hashed("nobody has this password")?;
        Ok(Self { room: Arc::new(Semaphore::new(cores)), decoy, leaked: leaked.map(Arc::new) })
    }

    /// Refuses what is guessed first, and what leaked.
    pub(crate) async fn check(&self, password: &str, email: &str) -> Result<()> {
        Self::check_alone(password, email)?;
        let Some(leaked) = self.leaked.clone() else { return Ok(()) };
        let password = password.to_owned();
        let found =
            tokio::task::spawn_blocking(move || leaked.has(&password)).await.map_err(|_| Problem::internal())?;
        match found {
            Ok(false) => Ok(()),
            Ok(true) => Err(weak("is among those that leaked elsewhere")),
            Err(error) => {
                tracing::error!(%error, "the file of leaked passwords cannot be read");
                Err(Problem::internal())
            }
        }
    }

    /// Refuses what is guessed first.
    fn check_alone(password: &str, email: &str) -> Result<()> {
        let weak = |why: &str| Err(weak(why));
        let lower = password.to_lowercase();
        let name = email.split('@').next().unwrap_or_default();
        match password.chars().count() {
            count if count < *CHARS.start() => return weak("has fewer than 8 characters"),
            count if count > *CHARS.end() => return weak("has more than 256 characters"),
            _ => {}
        }
        if COMMON.contains(lower.as_str()) {
            return weak("is among those that are guessed first");
        }
        if lower == email || (name.len() >= 4 && lower.contains(name)) || lower.contains("viralforge") {
            return weak("contains your address or the name of this service");
        }
        Ok(())
    }

    /// What is kept of a password, in PHC form.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        self.in_turn(move || hashed(&password)).await?
    }

    /// Whether the password is the one that was hashed; never, where there is no hash, and after as long a time.
    pub(crate) async fn fits(&self, hash: Option<String>, password: String) -> Result<bool> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let verify = move || {
            let parsed = PasswordHash::new(&hash).map_err(|_| Problem::internal())?;
            Ok::<_, Problem>(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        };
        Ok(self.in_turn(verify).await?? && is_known)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || Problem::unavailable("too many people sign in at this moment");
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.room).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|_| Problem::internal())
    }
}

fn weak(why: &str) -> Problem {
    Problem::invalid_option(format!("the password {why}; choose another"))
}

fn hashed(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| Problem::internal())?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused_and_anything_long_enough_is_taken() {
        let check = |password: &str| Passwords::check_alone(password, "maria.lopez@example.com");
        for bad in ["", "1234567", "password1", "PassWord1", "maria.lopez1", "MARIA.LOPEZ@example.com", "ViralForge!"] {
            assert_eq!(check(bad).unwrap_err().status(), 422, "{bad}");
        }
        assert!(check(&"x".repeat(257)).is_err());
        for good in ["        ", "åäöåäöåä", "correct horse battery", "x9!kQpz2", &"y".repeat(256)] {
            assert!(check(good).is_ok(), "{good}");
        }
        assert!(COMMON.len() > 3000 && COMMON.iter().all(|password| password.chars().count() >= 8));
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_alone() {
        let passwords = Passwords::new(None).unwrap();
        let hash = passwords.hash("tïger lily".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.fits(Some(hash.clone()), "tïger lily".to_owned()).await.unwrap());
        assert!(!passwords.fits(Some(hash), "tïger lily ".to_owned()).await.unwrap());
        // Not even the decoy's own password fits a user who is not there.
        assert!(!passwords.fits(None, "nobody has this password".to_owned()).await.unwrap());
    }
}

//! Encryption of what must be kept and read again: tokens of other services, secrets of webhooks, signing keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

use crate::config::Secret;
use crate::problem::{Problem, Result};

/// Bytes of a sealed text that name the key.
const NAME_BYTES: usize = 4;
/// What a sealed text begins with: by which algorithm. Texts without a name are older, and of the same one.
const ALGORITHM: &str = "chacha20poly1305.";

/// A ring of keys: the first encrypts, the others still decrypt what they encrypted before. ChaCha20-Poly1305 (RFC
/// 8439) with random nonces, of which one key can have some 2³² before two are likely to be the same.
#[derive(Debug)]
pub(crate) struct Vault {
    keys: Vec<Key>,
    derive: hmac::Key,
}

#[derive(Debug)]
struct Key {
    name: [u8; NAME_BYTES],
    aead: LessSafeKey,
}

impl Vault {
    /// A vault that is opened by `secrets`, the newest first.
    pub(crate) fn new(secrets: &[Secret]) -> Result<Self> {
        let newest = secrets.first().ok_or_else(Problem::internal)?;
        let keys = secrets.iter().map(|secret| {
            // The secrets have at least 128 random bits, so that one hash each makes keys of them.
            let bytes = digest("encrypt", secret);
            let mut name = [0; NAME_BYTES];
            name.copy_from_slice(&digest("name", secret)[..NAME_BYTES]);
            let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| Problem::internal())?;
            Ok(Key { name, aead: LessSafeKey::new(key) })
        });
        let derive = hmac::Key::new(hmac::HMAC_SHA256, &digest("derive", newest));
        Ok(Self { keys: keys.collect::<Result<_>>()?, derive })
    }

    /// Encrypts `text`; it can only be opened again for the same `purpose`, which says what it is and whose.
    pub(crate) fn seal(&self, purpose: &str, text: &[u8]) -> Result<String> {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| Problem::internal())?;
        let mut sealed = text.to_vec();
        key.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut sealed)
            .map_err(|_| Problem::internal())?;
        Ok(format!("{ALGORITHM}{}", URL_SAFE_NO_PAD.encode([&key.name[..], &nonce, &sealed].concat())))
    }

    /// What was sealed; `None` where the purpose is another, a bit was changed, or the key is no longer there.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed.strip_prefix(ALGORITHM).unwrap_or(sealed)).ok()?;
        let (name, rest) = bytes.split_at_checked(NAME_BYTES)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let key = self.keys.iter().find(|key| key.name == name)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        Some(key.aead.open_in_place(nonce, Aad::from(purpose), &mut text).ok()?.to_vec())
    }

    /// Whether `sealed` is from an older key than the newest, or does not name its algorithm, and should be sealed anew.
    pub(crate) fn is_old(&self, sealed: &str) -> bool {
        let bytes = sealed.strip_prefix(ALGORITHM).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
        bytes.and_then(|bytes| Some(bytes.get(..NAME_BYTES)? == self.keys[0].name)) != Some(true)
    }

    /// A secret that follows from another: nobody without the key can find it, and it need not be kept.
    pub(crate) fn derive(&self, purpose: &str, from: &str) -> String {
        let tag = hmac::sign(&self.derive, [purpose, "\n", from].concat().as_bytes());
        URL_SAFE_NO_PAD.encode(tag)
    }
}

fn digest(purpose: &str, secret: &Secret) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update([0]).chain_update(secret.expose()).finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vault(secrets: &[&str]) -> Vault {
        Vault::new(&secrets.iter().map(|secret| Secret::new(*secret)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_for_its_purpose_only_and_tells_nothing() {
        let vault = vault(&["first"]);
        let sealed = vault.seal("token/1", b"canary").unwrap();
        assert_eq!(vault.open("token/1", &sealed).unwrap(), b"canary");
        assert_eq!(vault.open("token/2", &sealed), None);
        assert_ne!(sealed, vault.seal("token/1", b"canary").unwrap());
        let bytes = URL_SAFE_NO_PAD.decode(sealed.strip_prefix(ALGORITHM).unwrap()).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"canary"));
    }

    #[test]
    fn an_old_key_still_opens_and_a_removed_one_does_not() {
        let before = vault(&["old"]).seal("p", b"x").unwrap();
        let both = vault(&["new", "old"]);
        assert_eq!(both.open("p", &before).unwrap(), b"x");
        assert!(both.is_old(&before) && !both.is_old(&both.seal("p", b"x").unwrap()));
        assert_eq!(vault(&["new"]).open("p", &before), None);
    }

    #[test]
    fn a_sealed_text_names_its_algorithm_and_one_that_does_not_is_older_and_opens() {
        let vault = vault(&["first"]);
        let sealed = vault.seal("p", b"x").unwrap();
        let older = sealed.strip_prefix("chacha20poly1305.").unwrap();
        assert_eq!(vault.open("p", older).unwrap(), b"x");
        assert!(vault.is_old(older) && !vault.is_old(&sealed));
        for other in [format!("aes256gcm.{older}"), format!(".{older}"), format!("{sealed}.")] {
            assert!(vault.open("p", &other).is_none() && vault.is_old(&other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_was_changed_does_not_open(text in prop::collection::vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let vault = vault(&["first"]);
            let sealed = vault.seal("p", &text).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(sealed.strip_prefix(ALGORITHM).unwrap()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(vault.open("p", &URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn no_text_breaks_it(text in ".*") {
            prop_assert_eq!(vault(&["first"]).open("p", &text), None);
        }
    }
}

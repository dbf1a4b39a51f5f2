//! Addresses that work for a while without a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// Signs paths with HMAC-SHA-256 (RFC 2104).
#[derive(Clone, Debug)]
pub(crate) struct Signer(pub(crate) Secret);

impl Signer {
    /// The query that makes `path` readable until `expires_at`, in seconds since 1970.
    pub(crate) fn query(&self, path: &str, expires_at: i64) -> String {
        format!("expires={expires_at}&signature={}", self.signature(path, expires_at))
    }

    /// Whether the signature fits the path and the time, and the time is not over.
    pub(crate) fn accepts(&self, path: &str, expires_at: i64, signature: &str, now_seconds: i64) -> bool {
        let fits = self.signature(path, expires_at).as_bytes().ct_eq(signature.as_bytes());
        bool::from(fits) && now_seconds < expires_at
    }

    fn signature(&self, path: &str, expires_at: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else { return String::new() };
        mac.update(format!("{path}\n{expires_at}").as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_one_path_and_one_time() {
        let signer = Signer(Secret::new("k".repeat(32)));
        let query = signer.query("/v1/files/a", 100);
        let signature = query.split("signature=").nth(1).unwrap();
        assert!(signer.accepts("/v1/files/a", 100, signature, 99));
        assert!(!signer.accepts("/v1/files/b", 100, signature, 99));
        assert!(!signer.accepts("/v1/files/a", 101, signature, 99));
        assert!(!signer.accepts("/v1/files/a", 100, signature, 100));
        assert!(!signer.accepts("/v1/files/a", 100, "", 99));
        let other = Signer(Secret::new("l".repeat(32)));
        assert!(!other.accepts("/v1/files/a", 100, signature, 99));
    }
}

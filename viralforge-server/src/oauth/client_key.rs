//! A private key by which this server proves itself to a provider (`private_key_jwt`: OpenID Connect Core, 9, and RFC
//! 7523, 2.2): no secret is shared, and what is sent ends within a minute.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::id;

/// What an assertion is called in a form (RFC 7523, 2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good.
const LIFETIME_SECONDS: i64 = 60;

/// The key; it is never printed.
pub(crate) struct ClientKey(Pair);

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(key)")
    }
}

impl ClientKey {
    /// A key on the curve P-256 or Ed25519, as `openssl genpkey` writes it (PKCS #8); `None` where it is no such key.
    pub(crate) fn from_pem(text: &[u8]) -> Option<Self> {
        let document = PrivatePkcs8KeyDer::from_pem_slice(text).ok()?;
        let der = document.secret_pkcs8_der();
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
        let pair = p256.map(Pair::P256).or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519));
        pair.ok().map(Self)
    }

    /// Says who we are, to the provider that `issuer` names and nobody else.
    pub(super) fn assertion(&self, client_id: &str, issuer: &str) -> Result<String, Unspecified> {
        let now = id::now_ms() / 1000;
        let algorithm = match &self.0 {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        };
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": issuer, "jti": id::fresh(), "iat": now, "exp": now + LIFETIME_SECONDS,
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": algorithm, "typ": "JWT" })), part(claims));
        let signature = match &self.0 {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), signed.as_bytes())?,
            Pair::Ed25519(pair) => pair.sign(signed.as_bytes()),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use ring::signature::KeyPair as _;

    use super::*;

    fn pem(der: &[u8]) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    #[test]
    fn an_assertion_is_for_one_provider_and_a_minute_and_never_the_same() {
        crate::account::install_crypto();
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = ClientKey::from_pem(pem(der.as_ref()).as_bytes()).unwrap();
        let Pair::Ed25519(pair) = &key.0 else { panic!("{key:?}") };
        let verifies = DecodingKey::from_ed_der(pair.public_key().as_ref());
        let read = |token: &str, audience: &str| {
            let mut validation = Validation::new(Algorithm::EdDSA);
            validation.set_audience(&[audience]);
            validation.set_issuer(&["the-id"]);
            decode::<Value>(token, &verifies, &validation).map(|token| token.claims)
        };
        let token = key.assertion("the-id", "https://a.example").unwrap();
        let claims = read(&token, "https://a.example").unwrap();
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("the-id"), &json!("https://a.example")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
        assert!(read(&token, "https://b.example").is_err(), "for another provider");
        let again = read(&key.assertion("the-id", "https://a.example").unwrap(), "https://a.example").unwrap();
        assert_ne!(claims["jti"], again["jti"]);
    }

    #[test]
    fn what_is_no_such_key_is_none() {
        let rsa = pem(b"0\x82");
        for text in ["", "geheim", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", &rsa] {
            assert!(ClientKey::from_pem(text.as_bytes()).is_none(), "{text}");
        }
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = ClientKey::from_pem(pem(der.as_ref()).as_bytes()).unwrap();
        assert!(matches!(key.0, Pair::P256(_)));
        assert_eq!(format!("{key:?}"), "(key)");
    }
}

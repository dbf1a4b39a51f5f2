use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::Sessions;
use super::super::caller::OPERATOR;
use super::*;
use crate::config::Secret;
use crate::db::Database;

struct Bench {
    tokens: AccessTokens,
    session: Session,
    pool: AnyPool,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let database = Database::connect(&Secret::new(url), 4).await.unwrap();
    database.migrate().await.unwrap();
    let vault = Arc::new(Vault::new(&[Secret::new("k")]).unwrap());
    let tokens = AccessTokens::start(database.pool.clone(), vault, "http://here".to_owned()).await.unwrap();
    let (session, _) = Sessions(database.pool.clone()).begin(OPERATOR, "test", None).await.unwrap();
    Bench { tokens, session, pool: database.pool, _folder: folder }
}

impl Bench {
    async fn takes(&self, token: &str) -> bool {
        self.tokens.read(token).await.unwrap().is_some()
    }

    /// A token whose header and claims were changed, signed with the right key.
    fn signed(&self, change: impl FnOnce(&mut Header, &mut Value)) -> String {
        let key = self.tokens.keys()[0].clone();
        let mut header = Header::new(Algorithm::EdDSA);
        (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(key.id.clone()));
        let now = id::now_ms() / 1000;
        let mut claims = json!({ "iss": "http://here", "aud": AUDIENCE, "sub": OPERATOR, "sid": self.session.id,
            "iat": now, "exp": now + 900, "jti": "x" });
        change(&mut header, &mut claims);
        encode(&header, &claims, &key.signs).unwrap()
    }
}

#[tokio::test]
async fn a_token_tells_the_user_and_the_session() {
    let bench = bench().await;
    let token = bench.tokens.make(&bench.session, id::now_ms()).unwrap();
    assert_eq!(bench.tokens.read(&token).await.unwrap(), Some((OPERATOR.to_owned(), bench.session.id.clone())));
    assert!(bench.takes(&bench.signed(|_, _| {})).await, "what the others are changed from");
}

#[tokio::test]
async fn tokens_of_another_kind_issuer_audience_or_time_are_refused() {
    let bench = bench().await;
    let now = id::now_ms() / 1000;
    type Change = fn(&mut Header, &mut Value, i64);
    let changes: [(&str, Change); 12] = [
        ("no type", |header, _, _| header.typ = None),
        ("the type of another token", |header, _, _| header.typ = Some("JWT".to_owned())),
        ("no key", |header, _, _| header.kid = None),
        ("a key that is not there", |header, _, _| header.kid = Some("0".repeat(32))),
        ("a path for a key", |header, _, _| header.kid = Some("../../dev/null".to_owned())),
        ("another audience", |_, claims, _| claims["aud"] = json!("other")),
        ("no audience", |_, claims, _| drop(claims.as_object_mut().unwrap().remove("aud"))),
        ("another issuer", |_, claims, _| claims["iss"] = json!("http://there")),
        ("no end", |_, claims, _| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("over for a minute", |_, claims, now| claims["exp"] = json!(now - 60)),
        ("made in twenty minutes", |_, claims, now| claims["iat"] = json!(now + 1200)),
        ("no user", |_, claims, _| drop(claims.as_object_mut().unwrap().remove("sub"))),
    ];
    for (what, change) in changes {
        let token = bench.signed(|header, claims| change(header, claims, now));
        assert!(!bench.takes(&token).await, "{what}");
    }
    // Clocks that are a little apart are not anybody's fault.
    assert!(bench.takes(&bench.signed(|_, claims| claims["exp"] = json!(now - 10))).await);
}

#[tokio::test]
async fn no_signature_none_and_confused_algorithms_are_refused() {
    let bench = bench().await;
    let token = bench.tokens.make(&bench.session, id::now_ms()).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let header = |alg: &str| {
        let kid = &bench.tokens.keys()[0].id;
        URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": TYPE, "kid": kid }).to_string())
    };
    for alg in ["none", "None", "HS256", "HS512", "RS256", "ES256", ""] {
        let forged = [header(alg).as_str(), parts[1], parts[2]].join(".");
        assert!(!bench.takes(&forged).await, "{alg}");
        assert!(!bench.takes(&[header(alg).as_str(), parts[1], ""].join(".")).await, "{alg} unsigned");
    }
    // The public key, which anybody may know, taken as the secret of HMAC.
    let public = bench.tokens.keys()[0].verifies.try_get_as_bytes().unwrap().to_vec();
    let message = [header("HS256").as_str(), parts[1]].join(".");
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public), message.as_bytes());
    assert!(!bench.takes(&[message, URL_SAFE_NO_PAD.encode(tag)].join(".")).await);
    let other = self::bench().await;
    assert!(!other.takes(&token).await, "another server's");
    for broken in ["", ".", "..", "a.b.c", &token[1..], &token[..token.len() - 2]] {
        assert!(!bench.takes(broken).await, "{broken}");
    }
}

#[tokio::test]
async fn keys_change_by_themselves_and_tokens_outlive_the_change() {
    let bench = bench().await;
    let (now, first) = (id::now_ms(), bench.tokens.keys()[0].id.clone());
    bench.tokens.rotate(now).await.unwrap();
    assert_eq!(bench.tokens.keys().len(), 1, "it is not time yet");
    // As if the first had been made a month ago, and had just signed its last token.
    sqlx::query("UPDATE token_keys SET created_at = $1").bind(now - SIGNS_MS).execute(&bench.pool).await.unwrap();
    let token = bench.tokens.make(&bench.session, now).unwrap();
    bench.tokens.rotate(now).await.unwrap();
    assert_eq!(bench.tokens.keys().len(), 2);
    assert_ne!(bench.tokens.keys()[0].id, first);
    assert!(bench.takes(&token).await);
    sqlx::query("UPDATE token_keys SET created_at = $1 WHERE id = $2")
        .bind(now - VERIFIES_MS - 1)
        .bind(&first)
        .execute(&bench.pool)
        .await
        .unwrap();
    bench.tokens.rotate(now).await.unwrap();
    assert!(!bench.takes(&token).await);
    assert_eq!(bench.tokens.keys().len(), 1);
}

#[tokio::test]
async fn a_key_that_another_replica_made_is_found() {
    let bench = bench().await;
    let vault = Arc::clone(&bench.tokens.vault);
    let other = AccessTokens::start(bench.pool.clone(), vault, "http://here".to_owned()).await.unwrap();
    sqlx::query("UPDATE token_keys SET created_at = created_at - $1")
        .bind(SIGNS_MS)
        .execute(&bench.pool)
        .await
        .unwrap();
    other.rotate(id::now_ms()).await.unwrap();
    let token = other.make(&bench.session, id::now_ms()).unwrap();
    // As if it had last looked some time ago.
    bench.tokens.keys.write().unwrap().1 = 0;
    assert!(bench.takes(&token).await);
}

/// The moduli of an RSA key of 1024 bits and of one of 2048, and what each signed (both keys are gone).
const SHORT_RSA: (&str, &str) = (
    "q00ArwImbDNi13tZfEu8rXSRI8-x6shuRZiqDz5j0XN8xCePhyV8ePa3_laqKInKqzyazaZ6iyvovlmXliMFRaVg-oqBiaqH9_VH\
    VjR2XLKY6yIhGsG57N5hClRbLpeEhqwu_vYlPtwJnKZr7c517qINUkQjS5JuTX08OWGCdik",
    "ca7kcQpot1KqZdLMO2ILRtb1gBThIx3i5fF0lZlxo73goCEffkXGp0BJSJwViT42GQDsVX-oNv-gtE-Gapcxvf-6ERGjXs5IjV1o\
    b_5vkESbJ5w2qvd4WOBPUncbhQyGFcR6Xe_pkkVG8WpHtD-rd9qpONdFpl7ykQlKpFN9Y0k",
);
const RSA: (&str, &str) = (
    "xapWHll7D_BymMQh5RNVDPL31_0tXNBl__3AM7nMU_cntvpBm1_lKf1IkVIJ5fNCKa1_CIa8Lq0zbg4-IXVTdZeUzPgoMUN24CsQ\
    gQKHu288L8eGshT2hk6BSARH9OiHkS8mj9moUoZqWKfGglNAddixKawfOi5LhSibsgpMQo2LJiugtTFfoa3miGJDt6gsL6ypUzjw\
    RF7ZpFyLyn2kGnx8-vlwF5jQhHO455V0GLaM65cbwUf6hG9yqORqor_AvjnGpe_HE5KvbS3TII_675Fy6cFqvdRAj1POYlCD-DY4\
    0OH5tiWgRvgOENH6LmrB996XB1KbBFYZgvFvUWiirw",
    "GBdF7hIeLQ2FWIGWrKJkrIYskq9eDV3WHGoiiFZwFJcGJiIh1l3dr-oJa8Qj7NfRMz2ls1ZqSF2Tf-urb782n-slEcr9yK1IqEdT\
    BNX_kDNov3kzQBs8_jfbEE9VJ8WnyM4Gnzb44zuSlKyu2LfdE-YkriFCkOu6t3mUUw5MxDaG4OlfuCGbrJuU4ZJWgo1gNzzoXSPr\
    iV7sty0ExmFR6MIS9qNB9tWigOyhH8RTy8obksMSOylpstFr9Az6xp6wsOxGWHPbRffVDyZtgG-wUMj839avOy4pWPNbm_0oraNm\
    nFZeJ9OUpTQOeARCsDrlu3wNQgWGAppnOvpExcniAw",
);

#[tokio::test]
async fn an_rsa_key_of_a_provider_has_2048_bits_or_verifies_nothing() {
    let _bench = bench().await;
    let message = [r#"{"alg":"RS256"}"#, r#"{"sub":"x"}"#].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_required_spec_claims::<&str>(&[]);
    let verifies = |(n, signature): (&str, &str)| {
        let key = DecodingKey::from_rsa_components(n, "AQAB").unwrap();
        decode::<Value>(&format!("{message}.{signature}"), &key, &rules).is_ok()
    };
    assert!(verifies(RSA));
    assert!(!verifies(SHORT_RSA));
    assert!(!verifies((RSA.0, SHORT_RSA.1)));
}

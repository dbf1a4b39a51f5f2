use super::super::caller::OPERATOR;
use super::*;
use crate::config::Secret as Key;
use crate::db::Database;

async fn factors(folder: &tempfile::TempDir, keys: &[&str]) -> SecondFactors {
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let database = Database::connect(&Key::new(url), 2).await.unwrap();
    database.migrate().await.unwrap();
    let keys: Vec<_> = keys.iter().map(|key| Key::new(*key)).collect();
    SecondFactors { pool: database.pool, vault: Arc::new(Vault::new(&keys).unwrap()) }
}

/// The code of an authenticator, at a time in milliseconds.
fn code(secret: &str, now: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(now as u64 / 1000).to_string()
}

const NOW: i64 = 1_800_000_000_000;
const STEP: i64 = 30_000;

#[tokio::test]
async fn codes_are_those_of_the_standard() {
    let folder = tempfile::tempdir().unwrap();
    let factors = factors(&folder, &["k"]).await;
    factors.enroll(OPERATOR, "maria@example.com").await.unwrap();
    // RFC 6238, appendix B.
    let sealed = factors.vault.seal(&purpose(OPERATOR), b"12345678901234567890").unwrap();
    sqlx::query("UPDATE second_factors SET sealed = $1").bind(sealed).execute(&factors.pool).await.unwrap();
    assert!(factors.confirm(OPERATOR, "287082", 59_000).await.unwrap().is_some());
    assert_eq!(factors.take(OPERATOR, "081804", 1_111_111_109_000).await.unwrap(), Code::OneTime);
    assert_eq!(factors.take(OPERATOR, "353130", 20_000_000_000_000).await.unwrap(), Code::OneTime);
}

#[tokio::test]
async fn each_code_is_good_once_in_its_thirty_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let factors = factors(&folder, &["k"]).await;
    let enrolled = factors.enroll(OPERATOR, "maria@example.com").await.unwrap();
    assert!(enrolled.url.starts_with("otpauth://totp/ViralForge:maria%40example.com?"), "{}", enrolled.url);
    assert!(
        enrolled.url.contains(&format!("secret={}", enrolled.secret)) && enrolled.url.contains("issuer=ViralForge")
    );
    let at = |steps: i64| code(&enrolled.secret, NOW + steps * STEP);
    assert!(!factors.is_on(OPERATOR).await.unwrap(), "not yet");
    assert_eq!(factors.take(OPERATOR, &at(0), NOW).await.unwrap(), Code::Wrong);
    assert_eq!(factors.confirm(OPERATOR, "000000", 0).await.unwrap(), None);
    assert!(factors.confirm(OPERATOR, &at(0), NOW).await.unwrap().is_some());
    assert!(factors.is_on(OPERATOR).await.unwrap());
    assert_eq!(factors.enroll(OPERATOR, "x").await.err().unwrap().status(), 409);
    assert_eq!(factors.confirm(OPERATOR, &at(0), NOW).await.unwrap(), None, "once");
    let take = async |steps: i64, late: i64| factors.take(OPERATOR, &at(steps), NOW + late * STEP).await.unwrap();
    assert_eq!(take(0, 0).await, Code::Wrong, "that which confirmed it");
    assert_eq!(take(1, 0).await, Code::Wrong, "one step early");
    assert_eq!(take(1, 1).await, Code::OneTime, "in its time");
    assert_eq!(take(1, 1).await, Code::Wrong, "again");
    assert_eq!(take(4, 5).await, Code::Wrong, "one step late");
    let last_second = NOW + 6 * STEP - 1;
    assert_eq!(factors.take(OPERATOR, &at(5), last_second).await.unwrap(), Code::OneTime, "to its last moment");
    assert_eq!(take(4, 4).await, Code::Wrong, "one before the last that was taken, by a clock that was set back");
    for wrong in ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"] {
        assert_eq!(factors.take(OPERATOR, wrong, NOW).await.unwrap(), Code::Wrong, "{wrong:?}");
    }
}

#[tokio::test]
async fn of_many_at_once_one_uses_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let factors = factors(&folder, &["k"]).await;
    let secret = factors.enroll(OPERATOR, "m").await.unwrap().secret;
    let recovery = factors.confirm(OPERATOR, &code(&secret, NOW), NOW).await.unwrap().unwrap();
    for text in [code(&secret, NOW + STEP), recovery[0].clone()] {
        let all = futures_util::future::join_all((0..8).map(|_| factors.take(OPERATOR, &text, NOW + STEP))).await;
        assert_eq!(all.into_iter().filter(|taken| *taken.as_ref().unwrap() != Code::Wrong).count(), 1);
    }
}

#[tokio::test]
async fn a_recovery_code_is_random_and_good_once_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let factors = factors(&folder, &["k"]).await;
    let secret = factors.enroll(OPERATOR, "m").await.unwrap().secret;
    let codes = factors.confirm(OPERATOR, &code(&secret, NOW), NOW).await.unwrap().unwrap();
    let different: std::collections::BTreeSet<_> = codes.iter().collect();
    // 24 characters of 32: 120 bits.
    assert!(different.len() == 10 && codes.iter().all(|code| plain(code).len() == 24), "{codes:?}");
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT hash FROM recovery_codes").fetch_all(&factors.pool).await.unwrap();
    assert!(kept.iter().all(|kept| kept.len() == 64 && !codes.contains(kept)));
    let written = codes[3].to_lowercase().replace('-', " ");
    assert_eq!(factors.take(OPERATOR, &written, NOW).await.unwrap(), Code::Recovery);
    assert_eq!(factors.take(OPERATOR, &codes[3], NOW).await.unwrap(), Code::Wrong);
    assert_eq!(factors.take("another", &codes[4], NOW).await.unwrap(), Code::Wrong);
    assert_eq!(factors.recovery_codes_left(OPERATOR).await.unwrap(), 9);
    assert!(factors.turn_off(OPERATOR).await.unwrap());
    assert_eq!(factors.take(OPERATOR, &codes[4], NOW).await.unwrap(), Code::Wrong);
    assert!(!factors.is_on(OPERATOR).await.unwrap() && !factors.turn_off(OPERATOR).await.unwrap());
}

#[tokio::test]
async fn a_secret_outlives_the_key_that_sealed_it_once_it_is_sealed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let secret = {
        let old = factors(&folder, &["old"]).await;
        let secret = old.enroll(OPERATOR, "m").await.unwrap().secret;
        old.confirm(OPERATOR, &code(&secret, NOW), NOW).await.unwrap().unwrap();
        secret
    };
    factors(&folder, &["new", "old"]).await.seal_anew().await.unwrap();
    let new = factors(&folder, &["new"]).await;
    assert_eq!(new.take(OPERATOR, &code(&secret, NOW + STEP), NOW + STEP).await.unwrap(), Code::OneTime);
    // Without the key nobody gets past.
    let none = factors(&folder, &["another"]).await;
    assert!(none.is_on(OPERATOR).await.unwrap());
    assert_eq!(none.take(OPERATOR, &code(&secret, NOW + 9 * STEP), NOW + 9 * STEP).await.unwrap(), Code::Wrong);
}

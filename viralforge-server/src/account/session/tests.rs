use super::super::Vault;
use super::super::caller::OPERATOR;
use super::*;
use crate::config::Secret;
use crate::db::Database;

async fn sessions(folder: &tempfile::TempDir) -> (Sessions, Vault) {
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let database = Database::connect(&Secret::new(url), 4).await.unwrap();
    database.migrate().await.unwrap();
    (Sessions(database.pool), Vault::new(&[Secret::new("k")]).unwrap())
}

fn next(refreshed: Refreshed) -> String {
    match refreshed {
        Refreshed::Next(_, token) => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_later_copy_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    let (session, first) = sessions.begin(OPERATOR, "browser", None).await.unwrap();
    let now = id::now_ms();
    let second = next(sessions.refresh(&vault, &first, now).await.unwrap());
    // Another tab, at the same time: the same answer, and nobody is punished.
    assert_eq!(next(sessions.refresh(&vault, &first, now + GRACE_MS).await.unwrap()), second);
    let third = next(sessions.refresh(&vault, &second, now + 11_000).await.unwrap());
    assert_ne!(second, third);
    assert!(sessions.goes_on(&session.id, OPERATOR).await.unwrap());
    // A copy, later: the thief and the victim both are out.
    let stolen = sessions.refresh(&vault, &first, now + 12_000).await.unwrap();
    assert!(matches!(stolen, Refreshed::Reused { user_id } if user_id == OPERATOR));
    assert!(!sessions.goes_on(&session.id, OPERATOR).await.unwrap());
    assert!(matches!(sessions.refresh(&vault, &third, now + 13_000).await.unwrap(), Refreshed::Unknown));
}

#[tokio::test]
async fn a_copy_within_the_grace_is_still_a_copy_once_the_next_token_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    let (_, first) = sessions.begin(OPERATOR, "browser", None).await.unwrap();
    let now = id::now_ms();
    let second = next(sessions.refresh(&vault, &first, now).await.unwrap());
    next(sessions.refresh(&vault, &second, now + 1).await.unwrap());
    assert!(matches!(sessions.refresh(&vault, &first, now + 2).await.unwrap(), Refreshed::Reused { .. }));
}

#[tokio::test]
async fn a_session_ends_after_seven_days_however_often_it_is_refreshed() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    let (session, mut token) = sessions.begin(OPERATOR, "browser", None).await.unwrap();
    for day in 1..7 {
        token = next(sessions.refresh(&vault, &token, session.created_at + day * 24 * 3600 * 1000).await.unwrap());
    }
    let last = sessions.refresh(&vault, &token, session.created_at + LIFETIME_MS).await.unwrap();
    assert!(matches!(last, Refreshed::Unknown), "{last:?}");
    sessions.forget(session.expires_at + 1).await.unwrap();
    assert!(sessions.of_token(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_that_nobody_refreshes_ends_after_three_days() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    let (session, token) = sessions.begin(OPERATOR, "browser", None).await.unwrap();
    let late = sessions.refresh(&vault, &token, session.created_at + IDLE_MS).await.unwrap();
    assert!(matches!(late, Refreshed::Unknown), "{late:?}");
}

#[tokio::test]
async fn of_many_tabs_that_refresh_at_once_all_get_the_same_token() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    let (_, token) = sessions.begin(OPERATOR, "browser", None).await.unwrap();
    let now = id::now_ms();
    let all = (0..8).map(|_| sessions.refresh(&vault, &token, now));
    let all: Vec<_> = futures_util::future::join_all(all).await.into_iter().map(|r| next(r.unwrap())).collect();
    assert!(all.iter().all(|token| *token == all[0]));
}

#[tokio::test]
async fn what_was_never_given_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (sessions, vault) = sessions(&folder).await;
    assert!(matches!(sessions.refresh(&vault, "made up", 0).await.unwrap(), Refreshed::Unknown));
    assert_eq!(sessions.end("none", OPERATOR).await.unwrap_err().status(), 404);
}

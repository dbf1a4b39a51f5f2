//! What the server stands on is killed in the middle of an upload and of a job, again and again, and started again: nothing
//! is lost, doubled or half published. `VIRALFORGE_FAULT_ROUNDS` says how often.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::faults::{
    SETTINGS, all_succeeded, ask_for_video, files_in, has_its_video, moment_of_job, moment_of_upload, rounds, trickle,
};
use crate::outages::has_postgres;
use crate::postgres::{self, Postgres};
use crate::server::{Server, small_video};
use crate::storage::{S3, media};

/// Enough for the moments that differ most.
const ROUNDS: usize = 3;

/// What is killed.
enum Engine {
    Database(Postgres),
    Storage(S3),
}

impl Engine {
    fn kill(&mut self) {
        match self {
            Self::Database(postgres) => postgres.kill(),
            Self::Storage(s3) => s3.stop(),
        }
    }

    async fn start_again(&mut self) {
        match self {
            Self::Database(postgres) => postgres.start_again().await,
            Self::Storage(s3) => s3.start_again(),
        }
    }

    /// Dies at a moment, and comes back: in one round at once, in the next when the server has noticed.
    async fn dies(&mut self, server: &Server, round: usize, moment: impl Fn() -> bool) {
        while !moment() {
            tokio::task::yield_now().await;
        }
        self.kill();
        if round % 2 == 1 {
            server.wait("/ready", |ready| ready["status"] == "failed").await;
        }
        self.start_again().await;
    }
}

/// A server, what it stands on, and the folder where that keeps the files.
struct Stage {
    server: Server,
    engine: Engine,
    files: PathBuf,
}

impl Stage {
    fn folder(&self, asset: &str) -> PathBuf {
        self.files.join("assets").join(asset)
    }

    async fn recovers(&self) {
        self.server.wait("/ready", |ready| ready["status"] == "ok").await;
    }

    /// Uploads while the engine dies; the asset.
    async fn upload_with_a_death(&mut self, round: usize, video: &[u8]) -> String {
        let address = self.server.begin(video.len(), "a.mp4").await;
        let path = address.strip_prefix(&self.server.url).unwrap();
        let id = path.rsplit('/').next().unwrap().to_owned();
        let third = video.len() / 3;
        assert_eq!(self.server.patch(&address, 0, &video[..third]).await.status(), 204);
        let sent = Arc::new(AtomicUsize::new(0));
        let range = (third, video.len());
        let moment = moment_of_upload(round, self.server.data(), &self.files, &id, range, Arc::clone(&sent));
        let rest = trickle(&self.server, &address, third, &video[third..], sent);
        // A storage that is not reached is asked again while the client waits, so both have to go on.
        let is_over = std::cell::Cell::new(false);
        let (answer, ()) = tokio::join!(
            async {
                let answer = rest.await;
                is_over.set(true);
                answer.unwrap().status().as_u16()
            },
            // A moment that did not come, since the answer was an error, is over with it.
            self.engine.dies(&self.server, round, || moment() || is_over.get()),
        );
        assert!(matches!(answer, 204 | 503), "{answer}");

        self.recovers().await;
        let offset = self.server.offset(&address).await;
        assert!((third..=video.len()).contains(&offset), "{offset}");
        if answer == 204 {
            assert_eq!(offset, video.len(), "what was acknowledged is there");
        }
        if offset < video.len() {
            assert_eq!(self.server.patch(&address, offset, &video[offset..]).await.status(), 204);
        }
        // Whoever asks where it stands has it finished.
        assert_eq!(self.server.offset(&address).await, video.len());
        let asset = self.server.verdict(self.server.json(path).await["asset_id"].as_str().unwrap()).await;
        assert_eq!(asset["state"], "accepted", "{asset}");
        let folder = self.folder(&id);
        assert_eq!(std::fs::read(folder.join("original")).unwrap(), video);
        assert_eq!(files_in(&folder).len(), 1, "{:?}", files_in(&folder));
        id
    }

    /// Has a job done while the engine dies; how often it was started.
    async fn job_with_a_death(&mut self, round: usize, asset: &str) -> u64 {
        let id = ask_for_video(&self.server, asset).await;
        let results = self.folder(asset).join("jobs").join(&id);
        let moment = moment_of_job(round, self.server.data(), &results);
        self.engine.dies(&self.server, round, moment).await;
        self.recovers().await;
        has_its_video(&self.server, &id, &results).await["starts"].as_u64().unwrap()
    }

    async fn dies_again_and_again(mut self) -> (usize, usize) {
        let (rounds, video) = (rounds(ROUNDS), small_video());
        let mut started_again = 0;
        for round in 0..rounds {
            let asset = self.upload_with_a_death(round, &video).await;
            started_again += usize::from(self.job_with_a_death(round, &asset).await > 1);
        }
        all_succeeded(&self.server, 2 * rounds).await;
        (2 * rounds, started_again)
    }
}

fn start(data: &Path, more: &[(&str, &str)]) -> Server {
    Server::start_on(data, &[&SETTINGS, more].concat())
}

#[tokio::test]
async fn no_death_of_the_database_loses_an_upload_or_publishes_a_job_twice() {
    if !has_postgres() {
        return;
    }
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let postgres = Postgres::start(&folder.path().join("postgres")).await;
    let url = postgres::database(&postgres.url(), data.path()).await;
    let server = start(data.path(), &[("DATABASE_URL", &url)]);
    let stage = Stage { server, engine: Engine::Database(postgres), files: media(data.path()) };
    let (deaths, started_again) = stage.dies_again_and_again().await;
    println!("the database was killed {deaths} times; {started_again} jobs were started again");
}

#[tokio::test]
async fn no_death_of_the_storage_loses_an_upload_or_publishes_a_job_twice() {
    let Some(s3) = S3::start() else { return };
    let data = tempfile::tempdir().unwrap();
    let settings = s3.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = start(data.path(), &settings);
    let files = s3.path("");
    let (deaths, started_again) = Stage { server, engine: Engine::Storage(s3), files }.dies_again_and_again().await;
    println!("the storage was killed {deaths} times; {started_again} jobs were started again");
}

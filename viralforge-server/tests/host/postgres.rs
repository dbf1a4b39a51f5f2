//! Databases of PostgreSQL for tests: on the server that VIRALFORGE_TEST_POSTGRES names, or on one of their own, which
//! they may kill.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _, PgConnection};

/// The server that all tests may use, if there is one.
pub(crate) fn shared() -> Option<String> {
    std::env::var("VIRALFORGE_TEST_POSTGRES").ok()
}

/// The address of a database that belongs to a folder of data: made at the first call, the same at the next.
pub(crate) async fn database(server: &str, data: &Path) -> String {
    let name: String = data.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
    let name = format!("t{}", name.to_ascii_lowercase());
    let mut admin = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let known: Option<(i32,)> = sqlx::query_as("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .unwrap();
    if known.is_none() {
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
    }
    format!("{server}/{name}")
}

/// The tables of the server that has this folder of data, in whichever database they are.
pub(crate) async fn tables(data: &Path) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = match shared() {
        Some(server) => database(&server, data).await,
        None => format!("sqlite://{}", data.join("viralforge.db").display()),
    };
    AnyConnection::connect(&url).await.unwrap()
}

/// A server of one test.
pub(crate) struct Postgres {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    pub(crate) async fn start(folder: &Path) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut server = Self { child: Self::spawn(folder, port), folder: folder.to_path_buf(), port };
        server.answers().await;
        server
    }

    fn spawn(folder: &Path, port: u16) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/postgres.sh");
        let mut command = Command::new(script);
        command.arg(folder).arg(port.to_string()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    async fn answers(&mut self) {
        let began = Instant::now();
        while PgConnection::connect(&format!("{}/postgres", self.url())).await.is_err() {
            assert!(self.child.try_wait().unwrap().is_none(), "PostgreSQL ended");
            assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://viralforge@127.0.0.1:{}", self.port)
    }

    /// As a power cut would end it, all of its processes.
    pub(crate) fn kill(&mut self) {
        let of = rustix::process::Pid::from_child(&self.child);
        let helpers = crate::server::children(of);
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        for helper in helpers {
            // It may have noticed by itself.
            let _ = rustix::process::kill_process(helper, rustix::process::Signal::KILL);
        }
    }

    pub(crate) async fn start_again(&mut self) {
        // A server that was killed leaves its lock, which the next one sees through once the process is gone.
        self.child = Self::spawn(&self.folder, self.port);
        self.answers().await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

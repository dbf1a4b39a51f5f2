//! The ViralForge host: uploads, validation, storage, a queue, and media work in sandboxed child processes.
//!
//! It holds no media logic: `viralforge-core` does the work, and only in children of this process (`worker`). `app`
//! wires the parts together; `http` is the interface; `upload`, `asset`, `job` and `store` are what it is about.

mod account;
mod app;
mod asset;
mod config;
mod db;
mod export;
mod http;
mod id;
mod job;
mod limit;
mod log;
mod metrics;
mod oauth;
mod outgoing;
mod problem;
mod removal;
mod report;
mod scan;
mod store;
#[cfg(test)]
mod untrusted;
mod upload;
mod webhook;
mod worker;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use app::{App, StartError};
use config::Config;
use db::Database;
use job::Runner;
use metrics::Metrics;

/// Takes uploads, checks them, keeps them, and cuts them into clips.
#[derive(Parser)]
#[command(name = "viralforge-server", version)]
struct Cli {
    /// A file of settings (TOML); the environment goes before it. `.env.example` lists them all.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (this is also what happens without a command).
    Serve,
    /// Bring the database up to date, or take it back.
    Migrate {
        /// The version to take it back to; 0 removes all tables.
        #[arg(long, value_name = "VERSION")]
        down_to: Option<i64>,
    },
    /// Print the description of the interface (OpenAPI 3.1).
    Openapi,
    /// Do one piece of media work in a sandbox; the server starts it and talks to it.
    #[command(hide = true)]
    Worker,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Before any thread is started: the sandbox holds for the threads that come after it.
    if matches!(cli.command, Some(Command::Worker)) {
        return worker::main();
    }
    if matches!(cli.command, Some(Command::Openapi)) {
        let written = std::io::stdout().write_all(http::document().as_bytes());
        return if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let config = match Config::load(cli.config.as_deref(), |name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(2);
        }
    };
    let metrics = Arc::new(Metrics::new());
    // Until the end: it sends what is left.
    let _reports = match log::start(&config, Arc::clone(&metrics)) {
        Ok(reports) => reports,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Some(Command::Migrate { down_to }) => migrate(&config, down_to).await,
            _ => serve(config, metrics).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// Before there is a log. With standard error gone, the exit status still tells.
fn complain(problem: &impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "viralforge-server: {problem}");
}

async fn migrate(config: &Config, down_to: Option<i64>) -> Result<(), StartError> {
    std::fs::create_dir_all(&config.data)?;
    let database = Database::connect(&config.database_url, config.database_connections).await?;
    match down_to {
        Some(version) => database.revert_to(version).await?,
        None => database.migrate().await?,
    }
    Ok(())
}

/// Between two looks for uploads that expired.
const TIDY_EVERY: Duration = Duration::from_secs(60);

async fn serve(mut config: Config, metrics: Arc<Metrics>) -> Result<(), StartError> {
    // Before anybody can know that the server is there, and end it.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, shutdown) = watch::channel(false);
    let listener = TcpListener::bind(config.listen).await.map_err(|error| format!("{}: {error}", config.listen))?;
    // Port 0 lets the system choose one.
    config.listen = listener.local_addr()?;
    let app = App::start(&config, metrics, shutdown.clone()).await?;
    tracing::info!(address = %config.listen, "listening");
    let workers = tokio::spawn(Runner::new(Arc::clone(&app), &config).run(config.workers, shutdown.clone()));
    let tidier = tokio::spawn(tidy(Arc::clone(&app)));
    let sender = tokio::spawn(Arc::clone(&app).keep_sending());
    let exporter = tokio::spawn(Arc::clone(&app).keep_exporting(shutdown.clone()));
    let keeper = tokio::spawn(Arc::clone(&app).keep_redis(config.workers > 0));
    let served = http::serve(listener, app, config.max_connections, config.drain, shutdown);
    tokio::pin!(served);
    tokio::select! {
        () = &mut served => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("shutting down; running requests may end, jobs go back into the queue");
    stop.send_replace(true);
    served.await;
    // A token that is being renewed must not be lost on its way.
    tidier.await?;
    workers.await?;
    exporter.await?;
    keeper.abort();
    sender.abort();
    Ok(())
}

async fn tidy(app: Arc<App>) {
    let mut every = tokio::time::interval(TIDY_EVERY);
    let mut shutdown = app.shutdown.clone();
    loop {
        tokio::select! {
            _ = every.tick() => app.tidy().await,
            _ = shutdown.changed() => return,
        }
    }
}

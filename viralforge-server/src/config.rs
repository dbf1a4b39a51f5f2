//! The configuration: environment first, then a file, then defaults. Every problem is listed at once.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::db::Engine;
use crate::report;

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for comparing and signing only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where an S3-compatible storage is, and what opens it.
#[derive(Clone, Debug)]
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) access_key_id: Secret,
    pub(crate) secret_access_key: Secret,
    pub(crate) prefix: String,
}

/// Everything that can be set; `.env.example` says what each means.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: String,
    pub(crate) data: PathBuf,
    pub(crate) api_key: Option<Secret>,
    pub(crate) signing_key: Option<Secret>,
    pub(crate) database_url: Secret,
    pub(crate) database_connections: u32,
    /// The storage; `None` is a folder beside the rest of the data.
    pub(crate) s3: Option<S3>,
    pub(crate) clamd: Option<String>,
    pub(crate) auto_thumbnails: bool,
    pub(crate) max_video_bytes: u64,
    pub(crate) max_image_bytes: u64,
    pub(crate) upload_lifetime: Duration,
    pub(crate) url_lifetime: Duration,
    pub(crate) workers: usize,
    /// Most jobs of each lane, in the order of `Lane::ALL`.
    pub(crate) lane_workers: [usize; 4],
    pub(crate) redis_url: Option<Secret>,
    pub(crate) max_connections: usize,
    pub(crate) job_timeout: Duration,
    pub(crate) job_memory_bytes: u64,
    pub(crate) job_starts: u32,
    pub(crate) lease: Duration,
    pub(crate) drain: Duration,
    pub(crate) log_json: bool,
    /// Where traces are sent.
    #[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "it can only be refused"))]
    pub(crate) otlp_endpoint: Option<String>,
    /// Where errors are sent, with the key to it.
    #[cfg_attr(not(feature = "sentry"), expect(dead_code, reason = "it can only be refused"))]
    pub(crate) sentry_dsn: Option<Secret>,
}

/// What is wrong with the configuration, a line each.
#[derive(Debug)]
pub(crate) struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Smallest secret that is taken, in characters: 128 bits as hexadecimal digits.
const MIN_SECRET_CHARS: usize = 32;

/// What a setting starts with, in the environment and in the file.
const PREFIX: &str = "VIRALFORGE_";

impl Config {
    /// Reads the settings. In the file (TOML) a setting has the name of its variable.
    pub(crate) fn load(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let table = file.map_or_else(toml::Table::new, |path| {
            let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
            read.and_then(|text| text.parse::<toml::Table>().map_err(|error| error.message().to_owned()))
                .unwrap_or_else(|problem| {
                    problems.push(format!("{}: {problem}", path.display()));
                    toml::Table::new()
                })
        });
        let mut settings = Settings { table, environment: &environment, known: Vec::new(), problems };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let data: PathBuf = settings.parsed("VIRALFORGE_DATA", PathBuf::from("./viralforge-data"));
        let listen = settings.parsed("VIRALFORGE_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)));
        let workers = settings.parsed("VIRALFORGE_WORKERS", cores);
        let embedded = format!("sqlite://{}", data.join("viralforge.db").display());
        let config = Self {
            listen,
            public_url: settings.parsed("VIRALFORGE_PUBLIC_URL", String::new()).trim_end_matches('/').to_owned(),
            api_key: settings.secret("VIRALFORGE_API_KEY"),
            signing_key: settings.secret("VIRALFORGE_SIGNING_KEY"),
            database_url: Secret::new(settings.database("DATABASE_URL", embedded)),
            database_connections: settings.at_least("VIRALFORGE_DATABASE_CONNECTIONS", 16, 1),
            s3: settings.s3(),
            clamd: settings.clamd(),
            auto_thumbnails: settings.parsed("VIRALFORGE_AUTO_THUMBNAILS", true),
            max_video_bytes: settings.at_least("VIRALFORGE_MAX_VIDEO_BYTES", 100_000_000, 1),
            max_image_bytes: settings.at_least("VIRALFORGE_MAX_IMAGE_BYTES", 10_000_000, 1),
            upload_lifetime: settings.seconds("VIRALFORGE_UPLOAD_LIFETIME_SECONDS", 24 * 3600),
            url_lifetime: settings.seconds("VIRALFORGE_URL_LIFETIME_SECONDS", 3600),
            workers,
            lane_workers: [
                workers,
                settings.parsed("VIRALFORGE_THUMBNAIL_WORKERS", workers),
                settings.parsed("VIRALFORGE_CLIP_WORKERS", workers),
                settings.parsed("VIRALFORGE_VIDEO_WORKERS", workers),
            ],
            redis_url: settings.redis("REDIS_URL"),
            max_connections: settings.at_least("VIRALFORGE_MAX_CONNECTIONS", 20_000, 1),
            job_timeout: settings.seconds("VIRALFORGE_JOB_TIMEOUT_SECONDS", 3600),
            job_memory_bytes: settings.at_least("VIRALFORGE_JOB_MEMORY_BYTES", 4 << 30, 256 << 20),
            job_starts: settings.at_least("VIRALFORGE_JOB_STARTS", 3, 1),
            lease: settings.seconds("VIRALFORGE_LEASE_SECONDS", 30),
            drain: settings.seconds("VIRALFORGE_DRAIN_SECONDS", 30),
            log_json: settings.one_of("VIRALFORGE_LOG", ["json", "text"]) == "json",
            otlp_endpoint: settings.collector(report::OTLP_ENDPOINT, "otel"),
            sentry_dsn: settings.collector(report::SENTRY_DSN, "sentry").map(Secret),
            data,
        };
        settings.refuse_unknown();
        if settings.problems.is_empty() { Ok(config) } else { Err(Problems(settings.problems)) }
    }

    /// Where clients reach this server.
    pub(crate) fn base_url(&self) -> String {
        if self.public_url.is_empty() { format!("http://{}", self.listen) } else { self.public_url.clone() }
    }
}

struct Settings<'a> {
    table: toml::Table,
    environment: &'a dyn Fn(&str) -> Option<String>,
    known: Vec<&'static str>,
    problems: Vec<String>,
}

impl Settings<'_> {
    fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let in_file = self.table.get(name).map(|value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        (self.environment)(name).filter(|text| !text.is_empty()).or(in_file)
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &'static str, default: T) -> T
    where
        T::Err: fmt::Display,
    {
        let Some(text) = self.text(name) else { return default };
        text.parse().unwrap_or_else(|error| {
            self.problems.push(format!("{name} {text:?}: {error}"));
            default
        })
    }

    fn at_least<T>(&mut self, name: &'static str, default: T, min: T) -> T
    where
        T: std::str::FromStr + PartialOrd + fmt::Display + Copy,
        T::Err: fmt::Display,
    {
        let value = self.parsed(name, default);
        if value < min {
            self.problems.push(format!("{name} {value} is not at least {min}"));
        }
        value
    }

    /// The first of `choices` is the default.
    fn one_of<const N: usize>(&mut self, name: &'static str, choices: [&'static str; N]) -> &'static str {
        let Some(text) = self.text(name) else { return choices[0] };
        choices.into_iter().find(|choice| *choice == text).unwrap_or_else(|| {
            self.problems.push(format!("{name} {text:?} is not one of {}", choices.join(", ")));
            choices[0]
        })
    }

    fn seconds(&mut self, name: &'static str, default: u64) -> Duration {
        Duration::from_secs(self.at_least(name, default, 1))
    }

    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        let text = self.text(name)?;
        let mut letters: Vec<char> = text.chars().collect();
        let length = letters.len();
        letters.sort_unstable();
        letters.dedup();
        if length < MIN_SECRET_CHARS || letters.len() < 8 {
            self.problems.push(format!("{name} is too easy to guess; use what `openssl rand -hex 32` prints"));
        }
        Some(Secret(text))
    }

    fn database(&mut self, name: &'static str, default: String) -> String {
        let url = self.text(name).unwrap_or(default);
        if Engine::of(&url).is_none() {
            self.problems.push(format!("{name} does not begin with sqlite: or postgres:"));
        }
        url
    }

    /// The storage: of what it needs, everything is set or nothing.
    fn s3(&mut self) -> Option<S3> {
        let region = self.text("S3_REGION").unwrap_or_else(|| "auto".to_owned());
        let prefix = self.text("S3_PREFIX").unwrap_or_default();
        let names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"];
        let values = names.map(|name| self.text(name));
        let missing: Vec<_> = names.into_iter().zip(&values).filter(|(_, v)| v.is_none()).map(|(n, _)| n).collect();
        if (1..names.len()).contains(&missing.len()) {
            self.problems.push(format!("of the settings of S3, {} are missing", missing.join(" and ")));
        }
        if !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b)) {
            self.problems.push("S3_PREFIX may have letters, digits, and -, _ and /".to_owned());
        }
        if !values[0].as_deref().is_none_or(is_address) {
            self.problems.push("S3_ENDPOINT is no address that begins with https:// or http://".to_owned());
        }
        let [Some(endpoint), Some(bucket), Some(id), Some(key)] = values else { return None };
        let (access_key_id, secret_access_key) = (Secret(id), Secret(key));
        Some(S3 { endpoint, bucket, region, access_key_id, secret_access_key, prefix })
    }

    fn clamd(&mut self) -> Option<String> {
        let address = self.text("CLAMD_ADDRESS")?;
        let port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if !port && !address.starts_with("unix:/") {
            self.problems.push("CLAMD_ADDRESS is neither HOST:PORT nor unix:/PATH".to_owned());
        }
        Some(address)
    }

    fn redis(&mut self, name: &'static str) -> Option<Secret> {
        let url = self.text(name)?;
        if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) {
            self.problems.push(format!("{name} does not begin with redis:// or rediss://"));
        }
        Some(Secret(url))
    }

    /// Where reports go, which only a build with the feature can send.
    fn collector(&mut self, (name, is_built): (&'static str, bool), feature: &str) -> Option<String> {
        let address = self.text(name)?;
        if !is_built {
            self.problems
                .push(format!("{name} is set, but this build has no {feature}; build with --features {feature}"));
        } else if !is_address(&address) {
            self.problems.push(format!("{name} is no address that begins with https:// or http://"));
        }
        Some(address)
    }

    /// A misspelt name in the file would be ignored otherwise.
    fn refuse_unknown(&mut self) {
        let unknown = self.table.keys().filter(|key| !self.known.contains(&key.as_str()));
        let found: Vec<_> = unknown.map(|key| format!("{key} is not a setting; they begin with {PREFIX}")).collect();
        self.problems.extend(found);
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<axum::http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("https" | "http")))
}

#[cfg(test)]
mod tests;

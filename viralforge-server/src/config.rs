//! The configuration: environment first, then a file, then defaults. Every problem is listed at once.

mod broker;
mod reach;

pub(crate) use broker::Broker;
pub(crate) use reach::{HostPattern, WebhookHosts};

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::db::Engine;
use crate::limit::{Quota, Rate};
use crate::oauth::ClientKey;
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
    pub(crate) keys: S3Keys,
    pub(crate) prefix: String,
}

/// What opens a storage.
#[derive(Clone, Debug)]
pub(crate) enum S3Keys {
    /// The identifier of a key, and the key.
    Fixed(Secret, Secret),
    /// A file with keys that end, which something else keeps fresh.
    File(PathBuf),
}

/// What this server is at a provider of sign-ins or of other accounts.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) provider: &'static str,
    /// Who speaks there, for those that tell of themselves.
    pub(crate) issuer: String,
    pub(crate) id: String,
    pub(crate) credential: Credential,
}

/// What this server proves itself with.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    Secret(Secret),
    /// A key whose public half the provider has.
    Key(Arc<ClientKey>),
}

/// Everything that can be set; `.env.example` says what each means.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: String,
    pub(crate) data: PathBuf,
    pub(crate) api_key: Option<Secret>,
    pub(crate) signing_key: Option<Secret>,
    /// What is kept encrypted is encrypted with the first, and may still be with the others.
    pub(crate) encryption_keys: Vec<Secret>,
    pub(crate) sign_up: bool,
    /// Whether users have to have a second factor.
    pub(crate) require_second_factor: bool,
    /// Passwords that leaked elsewhere: a file of their hashes.
    pub(crate) leaked_passwords: Option<PathBuf>,
    /// Other sites whose pages may use this server.
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Where the proxy finds the media, as an address that only it may use.
    pub(crate) accel_location: Option<String>,
    /// Providers of sign-ins and of other accounts.
    pub(crate) clients: Vec<Client>,
    /// What may be asked besides the public internet.
    pub(crate) outgoing_allow: Vec<IpNet>,
    pub(crate) webhook_hosts: WebhookHosts,
    /// What may be connected to without TLS, besides this machine and its own network.
    pub(crate) plain_hosts: Vec<HostPattern>,
    /// From where `/metrics` and all of `/ready` may be read without the key.
    pub(crate) monitoring_allow: Vec<IpNet>,
    /// In the order of `Policy`; `None` is no limit.
    pub(crate) rates: [Option<Rate>; 5],
    /// How many servers share the rates.
    pub(crate) replicas: u32,
    pub(crate) quota: Quota,
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
    pub(crate) export_lifetime: Duration,
    pub(crate) workers: usize,
    /// Most jobs of each lane, in the order of `Lane::ALL`.
    pub(crate) lane_workers: [usize; 4],
    pub(crate) redis: Option<Broker>,
    pub(crate) max_connections: usize,
    pub(crate) job_timeout: Duration,
    pub(crate) job_memory_bytes: u64,
    pub(crate) job_starts: u32,
    pub(crate) lease: Duration,
    pub(crate) drain: Duration,
    pub(crate) log_json: bool,
    /// Where traces are sent.
    pub(crate) otlp_endpoint: Option<String>,
    /// Where errors are sent, with the key to it.
    pub(crate) sentry_dsn: Option<Secret>,
}

/// Smallest secret that is taken, in characters: 128 bits as hexadecimal digits.
const MIN_SECRET_CHARS: usize = 32;

/// This machine, and networks that the public internet does not reach.
const INSIDE: &str = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";

/// What a setting starts with, in the environment and in the file.
const PREFIX: &str = "VIRALFORGE_";

impl Config {
    /// Reads the settings, or says what is wrong with them, a line each. In the file (TOML) a setting has the name of its variable.
    pub(crate) fn load(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
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
        let embedded = || format!("sqlite://{}", data.join("viralforge.db").display());
        let is_database = |url: &str| Engine::of(url).is_some();
        let database_url = settings.fitting("DATABASE_URL", is_database, "does not begin with sqlite: or postgres:");
        let is_form = |form: &str| ["json", "text"].contains(&form);
        let log = settings.fitting("VIRALFORGE_LOG", is_form, "is not one of json, text");
        let is_clamd = |address: &str| {
            let port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            port || address.starts_with("unix:/")
        };
        let config = Self {
            listen,
            public_url: settings.parsed("VIRALFORGE_PUBLIC_URL", String::new()).trim_end_matches('/').to_owned(),
            api_key: settings.secret("VIRALFORGE_API_KEY"),
            signing_key: settings.secret("VIRALFORGE_SIGNING_KEY"),
            encryption_keys: settings.secrets("VIRALFORGE_ENCRYPTION_KEYS"),
            sign_up: settings.parsed("VIRALFORGE_SIGN_UP", false),
            require_second_factor: settings.parsed("VIRALFORGE_REQUIRE_SECOND_FACTOR", false),
            leaked_passwords: settings.text("VIRALFORGE_LEAKED_PASSWORDS").map(PathBuf::from),
            allowed_origins: settings.origins("VIRALFORGE_ALLOWED_ORIGINS"),
            trusted_proxies: settings.list("VIRALFORGE_TRUSTED_PROXIES"),
            accel_location: settings.fitting(
                "VIRALFORGE_ACCEL_LOCATION",
                is_location,
                "is no path that begins and ends with a slash",
            ),
            clients: settings.clients(),
            outgoing_allow: settings.list("VIRALFORGE_OUTGOING_ALLOW"),
            webhook_hosts: match settings.list_or_none("VIRALFORGE_WEBHOOK_HOSTS", "") {
                Some(hosts) if hosts.is_empty() => WebhookHosts::Any,
                hosts => WebhookHosts::Listed(hosts.unwrap_or_default()),
            },
            plain_hosts: settings.list("VIRALFORGE_PLAIN_HOSTS"),
            monitoring_allow: settings.list_or_none("VIRALFORGE_MONITORING_ALLOW", INSIDE).unwrap_or_default(),
            rates: [
                settings.rate("VIRALFORGE_RATE_GENERAL", 100, 900),
                settings.rate("VIRALFORGE_RATE_ANALYSES", 10, 60),
                settings.rate("VIRALFORGE_RATE_UPLOADS", 5, 60),
                settings.rate("VIRALFORGE_RATE_PARTS", 1000, 900),
                settings.rate("VIRALFORGE_RATE_SIGN_INS", 10, 900),
            ],
            replicas: settings.at_least("VIRALFORGE_REPLICAS", 1, 1),
            quota: Quota {
                storage_bytes: settings.at_least("VIRALFORGE_USER_STORAGE_BYTES", 10_000_000_000, 0),
                processed_minutes: settings.at_least("VIRALFORGE_USER_MINUTES", 600, 0),
            },
            database_url: Secret(database_url.unwrap_or_else(embedded)),
            database_connections: settings.at_least("VIRALFORGE_DATABASE_CONNECTIONS", 16, 1),
            s3: settings.s3(),
            clamd: settings.fitting("CLAMD_ADDRESS", is_clamd, "is neither HOST:PORT nor unix:/PATH"),
            auto_thumbnails: settings.parsed("VIRALFORGE_AUTO_THUMBNAILS", true),
            max_video_bytes: settings.at_least("VIRALFORGE_MAX_VIDEO_BYTES", 100_000_000, 1),
            max_image_bytes: settings.at_least("VIRALFORGE_MAX_IMAGE_BYTES", 10_000_000, 1),
            upload_lifetime: settings.seconds("VIRALFORGE_UPLOAD_LIFETIME_SECONDS", 24 * 3600),
            url_lifetime: settings.seconds("VIRALFORGE_URL_LIFETIME_SECONDS", 3600),
            export_lifetime: settings.seconds("VIRALFORGE_EXPORT_LIFETIME_SECONDS", 7 * 24 * 3600),
            workers,
            lane_workers: [
                workers,
                settings.parsed("VIRALFORGE_THUMBNAIL_WORKERS", workers),
                settings.parsed("VIRALFORGE_CLIP_WORKERS", workers),
                settings.parsed("VIRALFORGE_VIDEO_WORKERS", workers),
            ],
            redis: settings.broker(),
            max_connections: settings.at_least("VIRALFORGE_MAX_CONNECTIONS", 20_000, 1),
            job_timeout: settings.seconds("VIRALFORGE_JOB_TIMEOUT_SECONDS", 3600),
            job_memory_bytes: settings.at_least("VIRALFORGE_JOB_MEMORY_BYTES", 4 << 30, 256 << 20),
            job_starts: settings.at_least("VIRALFORGE_JOB_STARTS", 3, 1),
            lease: settings.seconds("VIRALFORGE_LEASE_SECONDS", 30),
            drain: settings.seconds("VIRALFORGE_DRAIN_SECONDS", 30),
            log_json: log.is_none_or(|form| form == "json"),
            otlp_endpoint: settings.collector(report::OTLP_ENDPOINT, "otel"),
            sentry_dsn: settings.collector(report::SENTRY_DSN, "sentry").map(Secret),
            data,
        };
        settings.refuse_unknown();
        settings.problems.extend(config.unguarded());
        if config.accel_location.is_some() && (config.trusted_proxies.is_empty() || config.s3.is_some()) {
            let needs = "VIRALFORGE_ACCEL_LOCATION needs VIRALFORGE_TRUSTED_PROXIES, and media in a folder";
            settings.problems.push(needs.to_owned());
        }
        if settings.problems.is_empty() { Ok(config) } else { Err(settings.problems.join("\n")) }
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

    /// A text that fits, or is complained of.
    fn fitting(&mut self, name: &'static str, fits: impl Fn(&str) -> bool, problem: &str) -> Option<String> {
        let text = self.text(name)?;
        if !fits(&text) {
            self.problems.push(format!("{name} {problem}"));
        }
        Some(text)
    }

    fn seconds(&mut self, name: &'static str, default: u64) -> Duration {
        Duration::from_secs(self.at_least(name, default, 1))
    }

    /// `off` is no limit.
    fn rate(&mut self, name: &'static str, quota: u32, window_seconds: u32) -> Option<Rate> {
        let text = self.text(name).unwrap_or_else(|| format!("{quota}/{window_seconds}"));
        if text == "off" {
            return None;
        }
        text.parse().map_err(|error| self.problems.push(format!("{name} {text:?} {error}"))).ok()
    }

    /// Several values with commas between them.
    fn list<T: std::str::FromStr>(&mut self, name: &'static str) -> Vec<T>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(name).unwrap_or_default();
        self.values(name, &text)
    }

    /// Several values; `None` where it says that there are to be none.
    fn list_or_none<T: std::str::FromStr>(&mut self, name: &'static str, default: &str) -> Option<Vec<T>>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        (text != "none").then(|| self.values(name, &text))
    }

    fn values<T: std::str::FromStr>(&mut self, name: &'static str, text: &str) -> Vec<T>
    where
        T::Err: fmt::Display,
    {
        let mut values = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.problems.push(format!("{name} {entry:?}: {error}")),
            }
        }
        values
    }

    fn origins(&mut self, name: &'static str) -> Vec<String> {
        let origins: Vec<String> = self.list(name);
        let is_origin = |text: &String| {
            let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?', '#', '@']))
        };
        for wrong in origins.iter().filter(|text| !is_origin(text)) {
            self.problems.push(format!("{name} {wrong:?} is no origin like https://example.com"));
        }
        origins
    }

    fn secrets(&mut self, name: &'static str) -> Vec<Secret> {
        let texts: Vec<String> = self.list(name);
        texts.into_iter().map(|text| self.guarded(name, text)).collect()
    }

    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        let text = self.text(name)?;
        Some(self.guarded(name, text))
    }

    /// Refuses a secret that can be guessed.
    fn guarded(&mut self, name: &'static str, text: String) -> Secret {
        let letters: BTreeSet<char> = text.chars().collect();
        if text.chars().count() < MIN_SECRET_CHARS || letters.len() < 8 {
            self.problems.push(format!("{name} is too easy to guess; use what `openssl rand -hex 32` prints"));
        }
        Secret(text)
    }

    /// The providers that are set up.
    fn clients(&mut self) -> Vec<Client> {
        const GOOGLE: &str = "https://accounts.google.com";
        let issuer = self.text("VIRALFORGE_OIDC_ISSUER");
        let named = [
            ("google", GOOGLE, "VIRALFORGE_GOOGLE_CLIENT_ID", "VIRALFORGE_GOOGLE_CLIENT_SECRET"),
            ("youtube", GOOGLE, "VIRALFORGE_YOUTUBE_CLIENT_ID", "VIRALFORGE_YOUTUBE_CLIENT_SECRET"),
            ("tiktok", "", "VIRALFORGE_TIKTOK_CLIENT_ID", "VIRALFORGE_TIKTOK_CLIENT_SECRET"),
            ("instagram", "", "VIRALFORGE_INSTAGRAM_CLIENT_ID", "VIRALFORGE_INSTAGRAM_CLIENT_SECRET"),
            (
                "oidc",
                issuer.as_deref().unwrap_or_default(),
                "VIRALFORGE_OIDC_CLIENT_ID",
                "VIRALFORGE_OIDC_CLIENT_SECRET",
            ),
        ];
        let key = self.client_key("VIRALFORGE_OIDC_CLIENT_KEY_FILE");
        let mut clients = Vec::new();
        for (provider, issuer, id_name, secret_name) in named {
            let key = key.clone().filter(|_| provider == "oidc").map(Credential::Key);
            let secret = self.text(secret_name).map(|secret| Credential::Secret(Secret(secret)));
            if key.is_some() && secret.is_some() {
                self.problems.push(format!("of {secret_name} and VIRALFORGE_OIDC_CLIENT_KEY_FILE, set one"));
            }
            match (self.text(id_name), key.or(secret)) {
                (None, None) => {}
                (Some(id), Some(credential)) => {
                    clients.push(Client { provider, issuer: issuer.to_owned(), id, credential });
                }
                (id, _) => {
                    let missing = if id.is_none() { id_name } else { secret_name };
                    self.problems.push(format!("{missing} is missing"));
                }
            }
        }
        let is_there = clients.iter().any(|client| client.provider == "oidc");
        let is_url = |text: &str| url::Url::parse(text).is_ok_and(|url| url.has_host() && url.query().is_none());
        if is_there && !issuer.as_deref().is_some_and(is_url) {
            self.problems.push("VIRALFORGE_OIDC_ISSUER is no address like https://sign-in.example.com".to_owned());
        }
        if issuer.is_some() && !is_there {
            self.problems.push("VIRALFORGE_OIDC_CLIENT_ID and VIRALFORGE_OIDC_CLIENT_SECRET (or VIRALFORGE_OIDC_CLIENT_KEY_FILE) are missing".to_owned());
        }
        clients
    }

    /// A key to prove oneself with, which has to be one.
    fn client_key(&mut self, name: &'static str) -> Option<Arc<ClientKey>> {
        let path = self.text(name)?;
        let key = match std::fs::read(&path) {
            Ok(text) => ClientKey::from_pem(&text).ok_or("is no key of P-256 or Ed25519 in PEM (PKCS #8)".to_owned()),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        key.map_err(|problem| self.problems.push(format!("{name} {path} {problem}"))).ok().map(Arc::new)
    }

    /// The storage: of what it needs, everything is set or nothing.
    fn s3(&mut self) -> Option<S3> {
        let region = self.text("S3_REGION").unwrap_or_else(|| "auto".to_owned());
        let is_prefix = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b));
        let prefix = self.fitting("S3_PREFIX", is_prefix, "may have letters, digits, and -, _ and /");
        let names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"];
        let file = self.text("S3_CREDENTIALS_FILE");
        let values = names.map(|name| self.fitting(name, |text| name != names[0] || is_address(text), NO_ADDRESS));
        // The file stands for both keys.
        let needed = if file.is_some() { 2 } else { names.len() };
        if file.is_some() && values[2..].iter().any(Option::is_some) {
            self.problems.push("of S3_CREDENTIALS_FILE and S3_ACCESS_KEY_ID with its key, set one".to_owned());
        }
        let all = names.into_iter().zip(&values).take(needed);
        let missing: Vec<_> = all.filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        if !missing.is_empty() && (missing.len() < needed || file.is_some()) {
            self.problems.push(format!("of the settings of S3, {} are missing", missing.join(" and ")));
        }
        let [Some(endpoint), Some(bucket), id, key] = values else { return None };
        let keys = match (file, id, key) {
            (Some(file), None, None) => S3Keys::File(file.into()),
            (None, Some(id), Some(key)) => S3Keys::Fixed(Secret(id), Secret(key)),
            _ => return None,
        };
        Some(S3 { endpoint, bucket, region, keys, prefix: prefix.unwrap_or_default() })
    }

    /// Where reports go, which only a build with the feature can send.
    fn collector(&mut self, (name, is_built): (&'static str, bool), feature: &str) -> Option<String> {
        if is_built {
            return self.fitting(name, is_address, NO_ADDRESS);
        }
        self.fitting(
            name,
            |_| false,
            &format!("is set, but this build has no {feature}; build with --features {feature}"),
        )
    }

    /// A misspelt name in the file would be ignored otherwise.
    fn refuse_unknown(&mut self) {
        let unknown = self.table.keys().filter(|key| !self.known.contains(&key.as_str()));
        let found: Vec<_> = unknown.map(|key| format!("{key} is not a setting; they begin with {PREFIX}")).collect();
        self.problems.extend(found);
    }
}

const NO_ADDRESS: &str = "is no address that begins with https:// or http://";

fn is_address(text: &str) -> bool {
    text.parse::<axum::http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("https" | "http")))
}

/// Whether files can be addressed below it.
fn is_location(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_/".contains(&b);
    text.len() > 1 && text.starts_with('/') && text.ends_with('/') && !text.contains("//") && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;

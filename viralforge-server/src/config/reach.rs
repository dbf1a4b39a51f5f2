//! Where this server may connect to: patterns of hosts, and which hosts are this machine or its own network.

use std::net::IpAddr;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::Config;

/// A host, or all hosts below one: `hooks.example.com`, `*.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern(String);

impl HostPattern {
    fn fits(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match self.0.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => host == self.0,
        }
    }
}

impl FromStr for HostPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text.strip_prefix("*.").unwrap_or(text);
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte));
        if host.is_empty() || !is_host || host.starts_with('.') {
            return Err("is no host like hooks.example.com or *.example.com");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// Which hosts webhooks may be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WebhookHosts {
    /// All of the public internet.
    Any,
    /// These; where there are none, there are no webhooks.
    Listed(Vec<HostPattern>),
}

impl WebhookHosts {
    pub(crate) fn allow(&self, url: &Url) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(patterns) => url.host_str().is_some_and(|host| patterns.iter().any(|known| known.fits(host))),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::Listed(Vec::new())
    }
}

/// Whether a host is this machine, or of its own network: by its address, or by a name that the public internet does not
/// have (RFC 6761, 6762 and 8375, and `.internal`). No name is resolved for it.
fn is_inside(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches([']', '.']).to_ascii_lowercase();
    match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => {
            let endings = [".localhost", ".local", ".internal", ".home.arpa"];
            !host.is_empty() && (!host.contains('.') || endings.iter().any(|ending| host.ends_with(ending)))
        }
    }
}

impl Config {
    /// Whether an address may be spoken to as it is: by TLS, or where nobody else listens.
    #[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "only the address of traces is read later"))]
    pub(crate) fn is_guarded(&self, address: &str) -> bool {
        address.starts_with("https://") || host_of(address).is_some_and(|host| self.may_be_plain(&host))
    }

    fn may_be_plain(&self, host: &str) -> bool {
        is_inside(host) || self.plain_hosts.iter().any(|known| known.fits(host))
    }

    /// What is connected to without TLS although it is elsewhere, a line each.
    pub(super) fn unguarded(&self) -> Vec<String> {
        let http = |address: &str| if address.starts_with("http://") { host_of(address) } else { None };
        let database = || {
            let options = PgConnectOptions::from_str(self.database_url.expose()).ok()?;
            let may_be_plain =
                matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
            let is_remote = options.get_socket().is_none() && !options.get_host().starts_with('/');
            (may_be_plain && is_remote).then(|| options.get_host().to_owned())
        };
        let redis = |url: &str| {
            // After the # it says that no certificate is checked.
            if url.starts_with("rediss://") && !url.contains('#') { None } else { host_of(url) }
        };
        let clamd = |address: &str| {
            let (host, _) = address.rsplit_once(':')?;
            (!address.starts_with("unix:")).then(|| host.to_owned())
        };
        let is_postgres = self.database_url.expose().starts_with("postgres");
        let plain = [
            ("S3_ENDPOINT", "https://", self.s3.as_ref().and_then(|s3| http(&s3.endpoint))),
            ("DATABASE_URL", "sslmode=verify-full", if is_postgres { database() } else { None }),
            ("REDIS_URL", "rediss://", self.redis.as_ref().and_then(|broker| redis(broker.url().expose()))),
            ("CLAMD_ADDRESS", "its Unix socket", self.clamd.as_deref().and_then(clamd)),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://", self.otlp_endpoint.as_deref().and_then(http)),
            ("SENTRY_DSN", "https://", self.sentry_dsn.as_ref().and_then(|dsn| http(dsn.expose()))),
        ];
        let is_elsewhere = |host: &String| !self.may_be_plain(host);
        let told = |(name, better, host): (&str, &str, Option<String>)| {
            let host = host.filter(is_elsewhere)?;
            Some(format!(
                "{name} is of a machine elsewhere, and without TLS; use {better}, or list {host} in VIRALFORGE_PLAIN_HOSTS"
            ))
        };
        plain.into_iter().filter_map(told).collect()
    }
}

fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    #[test]
    fn a_pattern_fits_its_host_or_what_is_below_and_nothing_that_only_looks_like_it() {
        let fits = |pattern: &str, host: &str| pattern.parse::<HostPattern>().unwrap().fits(host);
        assert!(fits("hooks.example.com", "Hooks.Example.com.") && fits("*.example.com", "a.b.example.com"));
        for host in
            ["example.com", "evilexample.com", "example.com.evil.net", "a.example.com.evil.net", "", ".example.com"]
        {
            assert!(!fits("*.example.com", host), "{host}");
        }
        assert!(!fits("hooks.example.com", "a.hooks.example.com"));
        for wrong in ["*", "*.", "a.*.com", "https://a.com", "a/b", "..", "a@b"] {
            assert!(wrong.parse::<HostPattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_what_is_here_or_in_the_own_network_is_spoken_to_without_tls() {
        let refused = |settings: &[(&'static str, &str)], name: &str| {
            let mut settings = settings.to_vec();
            if settings[0].0 == "S3_ENDPOINT" {
                settings.extend([("S3_BUCKET", "b"), ("S3_ACCESS_KEY_ID", "i"), ("S3_SECRET_ACCESS_KEY", "k")]);
            }
            let problems = load(&settings).err().unwrap_or_default();
            assert!(problems.is_empty() || problems.contains("VIRALFORGE_PLAIN_HOSTS"), "{problems}");
            problems.starts_with(name)
        };
        for host in ["127.0.0.1", "localhost", "storage", "10.1.2.3", "[::1]", "[fd00::1]", "s3.internal", "s3.local"] {
            assert!(!refused(&[("S3_ENDPOINT", &format!("http://{host}:9000"))], "S3"), "{host}");
            assert!(!refused(&[("REDIS_URL", &format!("redis://:geheim@{host}:6379/0"))], "REDIS"), "{host}");
            assert!(!refused(&[("DATABASE_URL", &format!("postgres://u:geheim@{host}/db"))], "DATABASE"), "{host}");
            assert!(!refused(&[("CLAMD_ADDRESS", &format!("{host}:3310"))], "CLAMD"), "{host}");
        }
        for host in
            ["s3.example.com", "8.8.8.8", "[2001:db8::1]", "100.64.0.1", "internal.example", "localhost.example"]
        {
            assert!(refused(&[("S3_ENDPOINT", &format!("http://{host}:9000"))], "S3_ENDPOINT"), "{host}");
            assert!(!refused(&[("S3_ENDPOINT", &format!("https://{host}:9000"))], "S3"), "{host}");
            assert!(refused(&[("REDIS_URL", &format!("redis://:geheim@{host}:6379/0"))], "REDIS_URL"), "{host}");
            assert!(!refused(&[("REDIS_URL", &format!("rediss://{host}:6379/0"))], "REDIS"), "{host}");
            assert!(refused(&[("REDIS_URL", &format!("rediss://{host}:6379/0#insecure"))], "REDIS_URL"), "{host}");
            assert!(refused(&[("CLAMD_ADDRESS", &format!("{host}:3310"))], "CLAMD_ADDRESS"), "{host}");
            let database = |mode: &str| format!("postgres://u:geheim@{host}/db{mode}");
            for mode in ["", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer"] {
                assert!(refused(&[("DATABASE_URL", &database(mode))], "DATABASE_URL"), "{host} {mode}");
            }
            for mode in ["?sslmode=require", "?sslmode=verify-ca", "?sslmode=verify-full"] {
                assert!(!refused(&[("DATABASE_URL", &database(mode))], "DATABASE"), "{host} {mode}");
            }
        }
        assert!(!refused(&[("CLAMD_ADDRESS", "unix:/run/clamd")], "CLAMD"));
        assert!(!refused(&[("DATABASE_URL", "postgres://u@h/db?host=/var/run/postgresql")], "DATABASE"));
        let allowed = [("REDIS_URL", "redis://:geheim@a.example.com/"), ("VIRALFORGE_PLAIN_HOSTS", "*.example.com")];
        assert!(load(&allowed).is_ok());
        let told = load(&allowed[..1]).unwrap_err();
        assert!(told.contains("a.example.com") && !told.contains("geheim"), "{told}");
    }
}

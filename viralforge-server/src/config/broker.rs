//! Redis: where it is, and how this server proves itself there.

use std::io;
use std::path::PathBuf;

use bullmq::options::{RedisConnectionOptions, TlsCerts};
use redis::{Client, ClientTlsConfig, RedisResult, TlsCertificates};

use super::{Secret, Settings};

/// Where Redis is. Certificates are read anew for each connection, since they end, and something else keeps them fresh.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    url: Secret,
    /// The authority that has signed its certificate, where that is no public one.
    authority: Option<PathBuf>,
    /// Our own certificate, and its key.
    identity: Option<(PathBuf, PathBuf)>,
}

impl Broker {
    pub(crate) fn url(&self) -> &Secret {
        &self.url
    }

    /// What speaks to it.
    ///
    /// # Errors
    /// The address, a certificate or the key cannot be used.
    pub(crate) fn client(&self) -> RedisResult<Client> {
        let Some(files) = self.certificates()? else { return Client::open(self.url.expose()) };
        let client_tls = files.client_cert.zip(files.client_key);
        let client_tls = client_tls.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
        Client::build_with_tls(self.url.expose(), TlsCertificates { client_tls, root_cert: files.root_cert })
    }

    /// The same for its queues.
    ///
    /// # Errors
    /// A certificate or the key cannot be read.
    pub(crate) fn connection(&self) -> io::Result<RedisConnectionOptions> {
        let options = RedisConnectionOptions::new().url(self.url.expose());
        Ok(match self.certificates()? {
            Some(certificates) => options.tls_certs(certificates),
            None => options,
        })
    }

    /// What is in the files; `None` where none is set.
    fn certificates(&self) -> io::Result<Option<TlsCerts>> {
        if self.authority.is_none() && self.identity.is_none() {
            return Ok(None);
        }
        let read = |path: Option<&PathBuf>| path.map(std::fs::read).transpose();
        let (certificate, key) = self.identity.as_ref().map(|(certificate, key)| (certificate, key)).unzip();
        Ok(Some(TlsCerts {
            root_cert: read(self.authority.as_ref())?,
            client_cert: read(certificate)?,
            client_key: read(key)?,
        }))
    }
}

impl Settings<'_> {
    /// Redis, with what it takes to get there.
    pub(super) fn broker(&mut self) -> Option<Broker> {
        let before = self.problems.len();
        let is_redis = |url: &str| url.starts_with("redis://") || url.starts_with("rediss://");
        let url = self.fitting("REDIS_URL", is_redis, "does not begin with redis:// or rediss://");
        let names = ["REDIS_AUTHORITY_FILE", "REDIS_CERTIFICATE_FILE", "REDIS_KEY_FILE"];
        let files = names.map(|name| self.text(name).map(PathBuf::from));
        let is_tls = url.as_ref().is_some_and(|url| url.starts_with("rediss://"));
        for (name, path) in names.iter().zip(&files).filter_map(|(name, path)| path.as_ref().map(|path| (name, path))) {
            if !is_tls {
                self.problems.push(format!("{name} takes a REDIS_URL that begins with rediss://"));
            } else if let Err(error) = std::fs::read(path) {
                self.problems.push(format!("{name} {} cannot be read: {error}", path.display()));
            }
        }
        let [authority, certificate, key] = files;
        if certificate.is_some() != key.is_some() {
            self.problems.push("of REDIS_CERTIFICATE_FILE and REDIS_KEY_FILE, one is missing".to_owned());
        }
        let broker = Broker { url: Secret(url?), authority, identity: certificate.zip(key) };
        if self.problems.len() == before
            && let Err(error) = broker.client()
        {
            self.problems.push(format!("the settings of redis cannot be used: {}", error.category()));
        }
        Some(broker)
    }
}

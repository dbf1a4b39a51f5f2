//! How much anybody may ask for: rates in this process, or in Redis where several servers share them.

mod gcra;
mod local;
mod quota;
mod shared;

pub(crate) use gcra::{Decision, Rate};
pub(crate) use quota::{Quota, Usage};

use std::net::IpAddr;

use local::Local;
use shared::Shared;

use crate::config::Config;
use crate::id;

/// What is limited, in the order of `Config::rates`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Every request.
    General,
    /// Asking for a job.
    Analyses,
    /// Beginning an upload.
    Uploads,
    /// Going on with an upload: a file may come in many parts.
    Parts,
    /// Signing in, up and on.
    SignIns,
}

impl Policy {
    /// As it is called in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Analyses => "analyses",
            Self::Uploads => "uploads",
            Self::Parts => "parts",
            Self::SignIns => "sign-ins",
        }
    }
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    Ip(IpAddr),
    User(&'a str),
}

impl Subject<'_> {
    /// A name for it. Whoever has one IPv6 address has the 2⁶⁴ others of its network as well.
    fn name(self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Ip(ip) => match ip.to_canonical() {
                IpAddr::V4(ip) => format!("ip:{ip}"),
                IpAddr::V6(ip) => {
                    let [a, b, c, d, ..] = ip.segments();
                    format!("ip:{a:x}:{b:x}:{c:x}:{d:x}::/64")
                }
            },
        }
    }
}

/// How many refusals of one kind are noted of one subject, and of all together: what comes from many addresses must not
/// fill the audit log either.
const NOTED: Rate = Rate { quota: 10, window_seconds: 900 };
const NOTED_OF_ALL: Rate = Rate { quota: 1000, window_seconds: 900 };

/// All rates.
#[derive(Debug)]
pub(crate) struct Limits {
    rates: [Option<Rate>; 5],
    /// What this server alone may allow where Redis cannot be asked.
    shares: [Option<Rate>; 5],
    local: Local,
    shared: Option<Shared>,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let shares = config.rates.map(|rate| rate.map(|rate| rate.share(config.replicas)));
        let shared = config.redis.as_ref().map(Shared::new);
        Self { rates: config.rates, shares, local: Local::default(), shared }
    }

    /// Counts a request, if it is allowed; `None` where there is no limit. `now` is in microseconds since 1970.
    pub(crate) async fn take(&self, policy: Policy, subject: Subject<'_>, now: i64) -> Option<Decision> {
        let rate = self.rates[policy as usize]?;
        let key = format!("{}:{}", policy.name(), subject.name());
        let Some(shared) = &self.shared else { return Some(self.local.take(&rate, key, now)) };
        match shared.take(&rate, &key).await {
            Some(decision) => Some(decision),
            // Less than before, and never more: all servers together allow no more than Redis did.
            None => Some(self.local.take(&self.shares[policy as usize]?, key, now)),
        }
    }

    /// Whether one more refusal of this kind is to be noted.
    pub(crate) fn may_note(&self, kind: &str, subject: Subject<'_>) -> bool {
        let (now, key) = (id::now_ms() * 1000, format!("noted {kind}:{}", subject.name()));
        self.local.take(&NOTED, key, now).allowed
            && self.local.take(&NOTED_OF_ALL, format!("noted {kind}"), now).allowed
    }

    /// What a policy allows, for the header.
    pub(crate) fn rate(&self, policy: Policy) -> Option<Rate> {
        self.rates[policy as usize]
    }

    /// Forgets whoever could start anew anyway.
    pub(crate) fn forget(&self, now: i64) {
        self.local.forget(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_subject() {
        let name = |ip: &str| Subject::Ip(ip.parse().unwrap()).name();
        assert_eq!(name("2001:db8:1:2:3:4:5:6"), name("2001:db8:1:2:ffff::1"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!(name("::ffff:192.0.2.1"), name("192.0.2.1"));
        assert_ne!(name("192.0.2.1"), name("192.0.2.2"));
        assert_ne!(name("192.0.2.1"), Subject::User("192.0.2.1").name());
    }

    #[test]
    fn policies_are_where_their_numbers_say() {
        use Policy::{Analyses, General, Parts, SignIns, Uploads};
        let all = [General, Analyses, Uploads, Parts, SignIns];
        assert!(all.iter().enumerate().all(|(n, policy)| *policy as usize == n));
    }
}

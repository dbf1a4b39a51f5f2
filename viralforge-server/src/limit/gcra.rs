//! The generic cell rate algorithm (ITU-T I.371, annex A): a limit without windows at whose edges twice as much passes.
//!
//! One number is kept: when all that was taken will have been given back, one unit every `interval`. A request is
//! allowed where that, and its own unit, is at most the whole window away.

use std::fmt;
use std::str::FromStr;

/// So many requests in so long a time; all of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) quota: u32,
    pub(crate) window_seconds: u32,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// How many more could come at once.
    pub(crate) remaining: u32,
    /// When the whole quota is there again, in seconds, rounded up.
    pub(crate) reset_seconds: i64,
    /// When the next one is allowed, in seconds, rounded up; 0 where it is now.
    pub(crate) retry_seconds: i64,
}

impl Rate {
    /// Microseconds between two requests that come as evenly as possible.
    pub(super) fn interval(&self) -> i64 {
        i64::from(self.window_seconds) * 1_000_000 / i64::from(self.quota)
    }

    /// The longest time, in microseconds, that it may take to give everything back.
    pub(super) fn window(&self) -> i64 {
        self.interval() * i64::from(self.quota)
    }

    /// What one of `replicas` servers may allow by itself.
    pub(super) fn share(&self, replicas: u32) -> Self {
        Self { quota: (self.quota / replicas.max(1)).max(1), ..*self }
    }

    /// Decides at `now`, in microseconds, where all that was taken will be given back at `full_at`; and when it will be
    /// then.
    pub(super) fn decide(&self, full_at: Option<i64>, now: i64) -> (Decision, i64) {
        let before = full_at.unwrap_or(now).max(now);
        let after = before + self.interval();
        let allowed = after - now <= self.window();
        (self.decision(allowed, if allowed { after } else { before }, now), if allowed { after } else { before })
    }

    /// How it is told.
    pub(super) fn decision(&self, allowed: bool, full_at: i64, now: i64) -> Decision {
        let taken = (full_at - now).max(0);
        let next = full_at + self.interval() - self.window() - now;
        Decision {
            allowed,
            remaining: ((self.window() - taken) / self.interval()).max(0) as u32,
            reset_seconds: seconds(taken),
            retry_seconds: if next > 0 { seconds(next) } else { 0 },
        }
    }
}

fn seconds(microseconds: i64) -> i64 {
    (microseconds + 999_999) / 1_000_000
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.quota, self.window_seconds)
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    /// `100/900`: a hundred requests in 900 seconds.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "is not of the form REQUESTS/SECONDS, each from 1 to 1000000, or off";
        let (quota, window) = text.split_once('/').ok_or(wrong)?;
        let number =
            |text: &str| text.parse::<u32>().ok().filter(|number| (1..=1_000_000).contains(number)).ok_or(wrong);
        Ok(Self { quota: number(quota)?, window_seconds: number(window)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000_000;

    #[test]
    fn the_quota_passes_at_once_and_then_one_at_each_interval() {
        let rate: Rate = "5/60".parse().unwrap();
        let (mut full_at, now) = (None, 1_000 * MINUTE);
        for remaining in (0..5).rev() {
            let (decision, next) = rate.decide(full_at, now);
            assert_eq!((decision.allowed, decision.remaining), (true, remaining));
            full_at = Some(next);
        }
        let (refused, same) = rate.decide(full_at, now);
        assert_eq!(refused, Decision { allowed: false, remaining: 0, reset_seconds: 60, retry_seconds: 12 });
        assert_eq!(Some(same), full_at, "what is refused costs nothing");
        // To the microsecond.
        assert!(!rate.decide(full_at, now + MINUTE / 5 - 1).0.allowed);
        assert!(rate.decide(full_at, now + MINUTE / 5).0.allowed);
        assert_eq!(rate.decide(full_at, now + MINUTE).0.remaining, 4);
        assert_eq!(rate.decide(full_at, now + 100 * MINUTE).0.remaining, 4, "nothing is saved up");
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        assert_eq!("100/900".parse::<Rate>().unwrap().to_string(), "100/900");
        for wrong in ["", "100", "0/60", "5/0", "-1/60", "5/60/1", "1000001/1", "a/b"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        assert_eq!(Rate { quota: 5, window_seconds: 60 }.share(2), Rate { quota: 2, window_seconds: 60 });
        assert_eq!(Rate { quota: 1, window_seconds: 60 }.share(9).quota, 1);
    }

    proptest! {
        /// Never one too many, whatever the times: in no window of any length more than the quota and what is given
        /// back meanwhile. And nobody who waits as told is refused.
        #[test]
        fn no_more_passes_than_the_rate(quota in 1u32..20, window_seconds in 1u32..100, waits in prop::collection::vec(0i64..20_000_000, 1..120)) {
            let rate = Rate { quota, window_seconds };
            let (mut full_at, mut now, mut passed) = (None, 0, Vec::new());
            for wait in waits {
                now += wait;
                let (decision, next) = rate.decide(full_at, now);
                full_at = Some(next);
                if decision.allowed {
                    passed.push(now);
                } else {
                    prop_assert!(rate.decide(full_at, now + decision.retry_seconds * 1_000_000).0.allowed);
                }
            }
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let most = i64::from(quota) + (to - from) / rate.interval();
                    prop_assert!((last - first + 1) as i64 <= most, "{} from {from} to {to}", last - first + 1);
                }
            }
        }
    }
}

//! Rates in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::gcra::{Decision, Rate};

/// Most subjects that are counted one by one; whoever comes then is counted together with all others who do, so that
/// somebody with many addresses can neither fill the memory nor get around the limit.
const MAX_SUBJECTS: usize = 200_000;

/// By policy and subject: when all that was taken will have been given back, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Local(Mutex<HashMap<String, i64>>);

impl Local {
    pub(super) fn take(&self, rate: &Rate, key: String, now: i64) -> Decision {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MAX_SUBJECTS && !full_at.contains_key(&key) {
            full_at.retain(|_, at| *at > now);
        }
        let is_new = full_at.len() >= MAX_SUBJECTS && !full_at.contains_key(&key);
        let key = if is_new { format!("{rate}:others") } else { key };
        let (decision, next) = rate.decide(full_at.get(&key).copied(), now);
        full_at.insert(key, next);
        decision
    }

    pub(super) fn forget(&self, now: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, at| *at > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { quota: 100, window_seconds: 900 };

    #[test]
    fn of_a_thousand_at_once_exactly_the_quota_passes() {
        let (local, now) = (Local::default(), 1_000_000_000);
        let passed = std::thread::scope(|scope| {
            let one = || (0..100).filter(|_| local.take(&RATE, "a".to_owned(), now).allowed).count();
            let all: Vec<_> = (0..10).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
        });
        assert_eq!(passed, 100);
        assert!(local.take(&RATE, "b".to_owned(), now).allowed, "another one's is another");
    }

    #[test]
    fn many_subjects_neither_fill_the_memory_nor_get_around_the_limit() {
        let (local, now) = (Local::default(), 1_000_000_000);
        for n in 0..MAX_SUBJECTS {
            assert!(local.take(&RATE, n.to_string(), now).allowed);
        }
        let more = (0..1000).filter(|n| local.take(&RATE, format!("more{n}"), now).allowed).count();
        assert_eq!(more, 100);
        assert!(local.0.lock().unwrap().len() <= MAX_SUBJECTS + 1);
        local.forget(now + 900_000_000);
        assert!(local.0.lock().unwrap().is_empty());
    }
}

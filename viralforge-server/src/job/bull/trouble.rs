//! Why Redis does not answer, in words that name the setting: BullMQ tries again inside until nobody waits any more.

use redis::{ErrorKind, cmd};

use super::PATIENCE;
use crate::config::Broker;

/// What is wrong.
pub(super) async fn trouble(broker: &Broker) -> &'static str {
    let Ok(client) = broker.client() else {
        return "REDIS_URL is no address of redis, or its certificates cannot be used";
    };
    let asked = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        cmd("PING").query_async::<String>(&mut connection).await
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Err(_) => "nothing answers in time at REDIS_URL",
        Ok(Ok(_)) => "redis answers, but its queues cannot be opened",
        Ok(Err(error)) if error.kind() == ErrorKind::AuthenticationFailed => REFUSED,
        Ok(Err(error)) => match error.code() {
            Some("NOAUTH" | "WRONGPASS") => REFUSED,
            Some("NOPERM") => "the user of REDIS_URL may not do that there",
            _ => "nothing answers at REDIS_URL",
        },
    }
}

const REFUSED: &str = "redis refuses the user or the password of REDIS_URL";

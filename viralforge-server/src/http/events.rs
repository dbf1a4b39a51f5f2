//! What happens to a job, as it happens (server-sent events). `Last-Event-ID` goes on where a connection broke.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event as Message, KeepAlive};
use axum::routing::get;
use futures_util::stream::{self, Stream};

use super::asked::{Id, number};
use crate::account::Caller;
use crate::app::App;
use crate::job::JobEvent;
use crate::problem::Result;

/// Between two looks for new events: they may come from another replica.
const POLL: Duration = Duration::from_millis(250);
/// Proxies close connections on which nothing comes for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/jobs/{id}/events", get(follow))
}

/// Follow a job
///
/// Server-sent events until the job is over: `state` with a state and the error, `progress` with how far it has come,
/// and of `detect-scenes` each `scene` as soon as it is known, with the boundary that it ends with; the last one is in
/// the report alone. A job that is started again tells its scenes again.
/// Whoever comes back with `Last-Event-ID` misses nothing and hears nothing twice.
#[utoipa::path(get, path = "/v1/jobs/{id}/events", operation_id = "followJob", params(("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, body = JobEvent, content_type = "text/event-stream"), (status = 400), (status = 404)))]
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>> {
    let job = caller.own(app.queue.get(&id).await?)?;
    let last = number(&headers, "last-event-id")?.unwrap_or(0);
    let state = Following { app, job: job.id, last, waiting: Vec::new(), over: false };
    let events = stream::unfold(state, next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Following {
    app: Arc<App>,
    job: String,
    last: i64,
    /// Events that were read and not sent yet, the next one last.
    waiting: Vec<JobEvent>,
    over: bool,
}

async fn next(mut state: Following) -> Option<(Result<Message, Infallible>, Following)> {
    loop {
        if let Some(event) = state.waiting.pop() {
            state.last = event.seq;
            let message = Message::default().id(event.seq.to_string()).event(&event.event).data(&event.data);
            return Some((Ok(message), state));
        }
        if state.over || *state.app.shutdown.borrow() {
            return None;
        }
        // First the job, then its events: none that came before it was over is missed.
        let over = state.app.queue.get(&state.job).await.is_ok_and(|job| job.is_over());
        match JobEvent::after(&state.app.database.pool, &state.job, state.last).await {
            Ok(mut events) => {
                state.over = over && events.len() < 500;
                events.reverse();
                if events.is_empty() && !over {
                    tokio::time::sleep(POLL).await;
                }
                state.waiting = events;
            }
            // The client comes back with the last id that it saw.
            Err(_) => return None,
        }
    }
}

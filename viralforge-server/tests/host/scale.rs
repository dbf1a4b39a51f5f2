//! Jobs through Redis: it may lose everything, be killed, or not be there; each job ends once all the same.

use std::path::Path;
use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::faults::rounds;
use crate::postgres;
use crate::redis::Redis;
use crate::server::{Server, small_video};

/// A lease that runs out soon, and the Redis of the test.
fn settings<'a>(redis: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("REDIS_URL", redis), ("VIRALFORGE_LEASE_SECONDS", "2"), ("VIRALFORGE_WORKERS", "2")], more].concat()
}

/// The identifier of a job that was asked for.
async fn ask(server: &Server, kind: &str, asset: &str, priority: i64) -> String {
    let body = json!({ "kind": kind, "asset_id": asset, "priority": priority });
    let answer = server.client.post(format!("{}/v1/jobs", server.url)).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let job: Value = answer.json().await.unwrap();
    job["id"].as_str().unwrap().to_owned()
}

async fn accepted(server: &Server) -> String {
    let asset = server.upload(&small_video(), "a.mp4").await;
    assert_eq!(asset["state"], "accepted");
    asset["id"].as_str().unwrap().to_owned()
}

/// Every state that jobs were in, in order: job, state, milliseconds since 1970.
async fn states(data: &Path) -> Vec<(String, String, i64)> {
    let mut database = postgres::tables(data).await;
    let rows = sqlx::query("SELECT job_id, data, created_at FROM job_events WHERE event = 'state' ORDER BY seq")
        .fetch_all(&mut database)
        .await
        .unwrap();
    let state = |data: &str| serde_json::from_str::<Value>(data).unwrap()["state"].as_str().unwrap().to_owned();
    rows.iter().map(|row| (row.get("job_id"), state(row.get("data")), row.get("created_at"))).collect()
}

async fn of(data: &Path, job: &str) -> Vec<String> {
    states(data).await.into_iter().filter(|(id, _, _)| id == job).map(|(_, state, _)| state).collect()
}

/// Each job was published, and once.
async fn each_ended_once(server: &Server, data: &Path, jobs: &[String]) {
    for job in jobs {
        let end = server.job(job).await;
        assert_eq!(end["state"], "succeeded", "{end}");
        assert_eq!(end["outputs"].as_array().unwrap().len(), 1, "{end}");
    }
    let states = states(data).await;
    for job in jobs {
        let ends = states.iter().filter(|(id, state, _)| id == job && state == "succeeded").count();
        assert_eq!(ends, 1, "{job}");
    }
}

#[tokio::test]
async fn jobs_are_drawn_from_redis_and_leave_nothing_there() {
    let Some(redis) = Redis::start() else { return };
    let url = redis.url();
    let server = Server::start_with(&settings(&url, &[]));
    server.wait("/ready", |ready| ready["dependencies"]["redis"]["status"] == "ok").await;
    let asset = accepted(&server).await;
    let job = ask(&server, "analyze", &asset, 0).await;
    each_ended_once(&server, server.data(), std::slice::from_ref(&job)).await;
    assert!(redis.was_drawn("other", &format!("{job}-0")));
    assert_eq!(redis.ask(&format!("EXISTS bull:viralforge-other:{job}-0")), ":0\r\n+OK\r\n");
}

/// Enough for every fault.
const ROUNDS: usize = 4;

#[tokio::test]
async fn whatever_redis_does_each_job_ends_once() {
    let Some(mut redis) = Redis::start() else { return };
    let rounds = rounds(ROUNDS);
    let url = redis.url();
    let server = Server::start_with(&settings(&url, &[]));
    server.wait("/ready", |ready| ready["status"] == "ok").await;
    let asset = accepted(&server).await;
    let mut jobs = Vec::new();
    for round in 0..rounds {
        for _ in 0..8 {
            jobs.push(ask(&server, "analyze", &asset, 0).await);
        }
        // In the middle of them.
        server.job(&jobs[jobs.len() - 6]).await;
        match round % 4 {
            0 => drop(redis.ask("FLUSHALL")),
            1 => redis.kill(),
            2 => redis.signal(Signal::STOP),
            _ => drop(redis.ask("CLIENT KILL TYPE normal SKIPME yes")),
        }
        if matches!(round % 4, 1 | 2) {
            let down = server.wait("/ready", |ready| ready["status"] == "degraded").await;
            assert_eq!(down["dependencies"]["redis"]["status"], "failed");
            jobs.push(ask(&server, "analyze", &asset, 0).await);
            assert_eq!(server.job(jobs.last().unwrap()).await["state"], "succeeded", "without Redis");
        }
        match round % 4 {
            1 => redis.start_again(),
            2 => redis.signal(Signal::CONT),
            _ => {}
        }
        server.wait("/ready", |ready| ready["status"] == "ok").await;
        jobs.push(ask(&server, "analyze", &asset, 0).await);
    }
    each_ended_once(&server, server.data(), &jobs).await;
    println!("{rounds} times Redis was emptied, killed, stopped or cut off; each of {} jobs ended once", jobs.len());
}

#[tokio::test]
async fn without_redis_uploads_and_jobs_are_done_and_with_it_they_go_through_it_again() {
    let Some(mut redis) = Redis::stopped() else { return };
    let url = redis.url();
    let server = Server::start_with(&settings(&url, &[]));
    let asset = accepted(&server).await;
    let first = ask(&server, "analyze", &asset, 0).await;
    each_ended_once(&server, server.data(), &[first]).await;
    let ready = server.get("/ready").send().await.unwrap();
    assert_eq!(ready.status(), 200, "the database is enough");
    assert_eq!(ready.json::<Value>().await.unwrap()["status"], "degraded");
    server.tells_of_failure("redis cannot be reached; jobs are taken from the table").await;
    redis.start_again();
    server.wait("/ready", |ready| ready["status"] == "ok").await;
    let second = ask(&server, "analyze", &asset, 0).await;
    each_ended_once(&server, server.data(), std::slice::from_ref(&second)).await;
    assert!(redis.was_drawn("other", &format!("{second}-0")));
}

#[tokio::test]
async fn two_servers_share_the_work_and_publish_each_job_once() {
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    let one = Server::start_on(folder.path(), &settings(&url, &[]));
    let two = Server::start_on(folder.path(), &settings(&url, &[]));
    let asset = accepted(&one).await;
    let mut jobs = Vec::new();
    for number in 0..30 {
        jobs.push(ask(if number % 2 == 0 { &one } else { &two }, "analyze", &asset, 0).await);
    }
    each_ended_once(&two, folder.path(), &jobs).await;
    for job in &jobs {
        assert_eq!(of(folder.path(), job).await, ["queued", "running", "succeeded"]);
    }
}

#[tokio::test]
async fn a_server_that_dies_loses_no_job_to_the_other() {
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    let one = Server::start_on(folder.path(), &settings(&url, &[]));
    let asset = accepted(&one).await;
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(ask(&one, "analyze", &asset, 0).await);
    }
    one.wait(&format!("/v1/jobs/{}", jobs[1]), |job| job["state"] != "queued").await;
    one.kill();
    let two = Server::start_on(folder.path(), &settings(&url, &[]));
    each_ended_once(&two, folder.path(), &jobs).await;
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_waits_in_redis_does_not_run_until_it_is_started_over() {
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    let busy = Server::start_on(folder.path(), &settings(&url, &[("VIRALFORGE_CLIP_WORKERS", "0")]));
    let asset = accepted(&busy).await;
    let job = ask(&busy, "clip-generation", &asset, 0).await;
    busy.wait("/ready", |_| redis.waits("clip", &format!("{job}-0"))).await;
    busy.client.delete(format!("{}/v1/jobs/{job}", busy.url)).send().await.unwrap();
    let free = Server::start_on(folder.path(), &settings(&url, &[]));
    busy.wait("/ready", |_| redis.was_drawn("clip", &format!("{job}-0"))).await;
    let after = ask(&busy, "clip-generation", &asset, 0).await;
    free.job(&after).await;
    assert_eq!(of(folder.path(), &job).await, ["queued", "cancelled"]);
    busy.client.post(format!("{}/v1/jobs/{job}/replay", busy.url)).send().await.unwrap();
    free.job(&job).await;
    assert!(
        of(folder.path(), &job).await.starts_with(&["queued", "cancelled", "queued", "running"].map(str::to_owned))
    );
}

/// Asks for jobs while nobody may take them, then lets one worker at them; the order in which they are begun.
async fn order(redis: Option<&Redis>) -> Vec<i64> {
    let folder = tempfile::tempdir().unwrap();
    let url = redis.map(Redis::url).unwrap_or_default();
    let closed = Server::start_on(folder.path(), &settings(&url, &[("VIRALFORGE_THUMBNAIL_WORKERS", "0")]));
    let asset = accepted(&closed).await;
    let mut jobs = Vec::new();
    for priority in [0, 5, -100, 100, 5] {
        jobs.push((ask(&closed, "thumbnail-generation", &asset, priority).await, priority));
    }
    if let Some(redis) = redis {
        for (job, _) in &jobs {
            closed.wait("/ready", |_| redis.waits("thumbnail", &format!("{job}-0"))).await;
        }
    }
    closed.terminate();
    let open = Server::start_on(folder.path(), &settings(&url, &[("VIRALFORGE_THUMBNAIL_WORKERS", "1")]));
    for (job, _) in &jobs {
        open.job(job).await;
    }
    let priority = |id: &str| jobs.iter().find(|(job, _)| job == id).map(|(_, priority)| *priority);
    let steps: Vec<_> = states(folder.path())
        .await
        .into_iter()
        .filter_map(|(job, state, _)| Some((priority(&job)?, state)))
        .filter(|(_, state)| state != "queued")
        .collect();
    // One at a time, although two workers are there.
    assert!(steps.chunks(2).all(|step| step[0].0 == step[1].0 && step[0].1 == "running"), "{steps:?}");
    steps.chunks(2).map(|step| step[0].0).collect()
}

#[tokio::test]
async fn what_is_more_urgent_goes_first_and_a_lane_has_its_own_limit() {
    assert_eq!(order(None).await, [100, 5, 5, 0, -100]);
    let Some(redis) = Redis::start() else { return };
    assert_eq!(order(Some(&redis)).await, [100, 5, 5, 0, -100]);
}

/// Milliseconds from asking to starting, sorted, of jobs that are asked for while a worker is free.
async fn latencies(asked: &Server, data: &Path) -> Vec<i64> {
    let asset = accepted(asked).await;
    let mut jobs = Vec::new();
    for _ in 0..60 {
        let job = ask(asked, "analyze", &asset, 0).await;
        asked.job(&job).await;
        jobs.push(job);
    }
    let states = states(data).await;
    let at = |job: &str, wanted: &str| states.iter().find(|(id, state, _)| id == job && state == wanted).unwrap().2;
    let mut latencies: Vec<i64> = jobs.iter().map(|job| at(job, "running") - at(job, "queued")).collect();
    latencies.sort_unstable();
    latencies
}

#[tokio::test]
async fn a_free_worker_starts_a_job_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &settings("", &[]));
    let began = Instant::now();
    let embedded = latencies(&server, folder.path()).await;
    println!("embedded: p50 {} ms, p99 {} ms in {:?}", embedded[30], embedded[59], began.elapsed());
    // Who waits for the next look waits for half of the time between two of them, 250 ms, in the middle.
    assert!(embedded[30] <= 125, "{embedded:?}");
    let Some(redis) = Redis::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), redis.url());
    // Through Redis from one process to another.
    let asked = Server::start_on(folder.path(), &settings(&url, &[("VIRALFORGE_WORKERS", "0")]));
    let works = Server::start_on(folder.path(), &settings(&url, &[]));
    works.wait("/ready", |ready| ready["dependencies"]["redis"]["status"] == "ok").await;
    asked.wait("/ready", |ready| ready["dependencies"]["redis"]["status"] == "ok").await;
    let through = latencies(&asked, folder.path()).await;
    println!("redis: p50 {} ms, p99 {} ms", through[30], through[59]);
    assert!(through[30] <= 125, "{through:?}");
}

//! The server as its clients see it: the real program on a port of its own, with an empty folder for its data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod accounts;
mod browser;
mod clamd;
mod connect;
mod deaths;
mod direct;
mod exports;
mod faults;
mod faulty_storage;
mod files;
mod hardening;
mod hostile;
mod jobs;
mod limits;
mod nginx;
mod operations;
mod outages;
mod outside;
mod plain;
mod poison;
mod postgres;
mod proofs;
mod redis;
mod redis_tls;
mod refused;
mod removal;
mod reports;
mod retention;
mod rogue;
mod rolling;
mod scale;
mod second_factor;
mod server;
mod sign_in_with;
mod storage;
mod thumbnails;
mod tus;
mod uploads;
mod verbs;
mod watch;
mod webhooks;

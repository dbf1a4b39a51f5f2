//! The native half of the npm package `viralforge`: thin functions that take a source, options as JSON and a `Call`,
//! and answer with a promise of a report as JSON. The face that people use is JavaScript, beside `Cargo.toml`.
//!
//! Nothing here runs long on the JavaScript thread, and nothing on libuv's pool: see `queue.rs`.

#![deny(unsafe_code)]
#![expect(unreachable_pub, reason = "what #[napi] exports is public to JavaScript and not to Rust")]
// Registration is left out of test programs, and with it all use of what is exported.
#![cfg_attr(test, allow(dead_code))]

mod analysis;
mod call;
mod camel;
mod error;
mod files;
mod inspector;
mod json;
mod measure;
mod pictures;
mod plans;
mod policy;
mod queue;
mod request;
mod scenes;
mod source;
mod vocabulary;
mod waveform;

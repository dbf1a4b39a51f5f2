//! `--live`: scenes while they are found.

use serde::Serialize;
use viralforge_core::{Boundary, Scene};

use super::report::how;
use crate::failure::Failure;
use crate::session::Session;
use crate::units::seconds;

/// Prints scenes one by one.
pub(super) struct Live<'a> {
    session: &'a Session,
    told: usize,
    /// What went wrong with printing; the search goes on until it can be told.
    failure: Option<Failure>,
}

/// What a line of JSON says.
#[derive(Serialize)]
struct Told<'a> {
    scene: &'a Scene,
    /// What the scene ends with; null for the last one.
    ends_with: Option<&'a Boundary>,
}

impl<'a> Live<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        Self { session, told: 0, failure: None }
    }

    pub(super) fn tell(&mut self, scene: &Scene, ends_with: Option<&Boundary>) {
        self.told += 1;
        let text = || {
            let range = scene.range;
            let ends = ends_with.map_or_else(|| "the end".to_owned(), how);
            let length = seconds(range.duration());
            let (start, end) = (range.start().to_string(), range.end().to_string());
            format!("{:>5}  {start:>12}  {end:>12}  {length:>9}  until {ends}", self.told)
        };
        if self.failure.is_none() {
            self.failure = self.session.print_line(&Told { scene, ends_with }, text).err();
        }
    }

    /// Tells the last scene.
    pub(super) fn finish(mut self, last: Option<&Scene>) -> Result<(), Failure> {
        if let Some(scene) = last {
            self.tell(scene, None);
        }
        self.session.clear_progress();
        self.failure.map_or(Ok(()), Err)
    }
}

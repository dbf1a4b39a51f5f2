//! The `viralforge` program as a script sees it: exit status, standard output, standard error, and files.

mod bad_input;
mod clips;
mod interrupt;
mod media;
mod program;
mod reports;
mod usage;

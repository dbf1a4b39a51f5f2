//! The `viralforge` command line.
fn main() {}

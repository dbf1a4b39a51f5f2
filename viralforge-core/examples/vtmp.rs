#![allow(clippy::print_stdout, clippy::unwrap_used)]
use viralforge_core::*;
fn main() {
    let mut a = std::env::args().skip(1);
    let slot = a.next().unwrap();
    for f in a {
        let p = match slot.as_str() {
            "image" => UploadPolicy::image(),
            "audio" => UploadPolicy::audio(),
            _ => UploadPolicy::video(),
        };
        let name = f.rsplit('/').next().unwrap().to_owned();
        let r = match Source::from_path(&f) {
            Ok(s) => validate_upload(&s, &p.with_file_name(name), &Monitor::new()),
            Err(e) => Err(e),
        };
        match r {
            Ok(r) => println!(
                "{f}\t{:?}\t{}",
                r.verdict,
                r.findings
                    .iter()
                    .map(|x| format!("{}[{:?}]@{:?}: {}", x.code, x.severity, x.offset, x.operator_message))
                    .collect::<Vec<_>>()
                    .join(" | ")
            ),
            Err(e) => println!("{f}\tERR {} {e}", e.code()),
        }
    }
}

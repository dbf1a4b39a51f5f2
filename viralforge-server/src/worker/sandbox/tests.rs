//! Each wall is tried from inside, in a process of its own, since nobody who is locked in gets out again. The same
//! attempts succeed where there are no walls: otherwise they would prove nothing.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, getppid};
use viralforge_core::Limits;

use super::*;
use crate::worker::Rlimits;

const FOLDER: &str = "VIRALFORGE_SANDBOX_FOLDER";
const PORT: &str = "VIRALFORGE_SANDBOX_PORT";
const WALLS: &str = "VIRALFORGE_SANDBOX_WALLS";

/// What a worker may do.
fn allowed(folder: &Path) -> Vec<(&'static str, bool)> {
    vec![
        ("read its input", std::fs::read(folder.join("input")).is_ok_and(|bytes| bytes == b"media")),
        ("write an output", std::fs::write(folder.join("output/made"), b"clip").is_ok()),
        ("rename an output", std::fs::rename(folder.join("output/made"), folder.join("output/done")).is_ok()),
        ("remove an output", std::fs::remove_file(folder.join("output/done")).is_ok()),
        ("start a thread", std::thread::Builder::new().spawn(|| {}).is_ok_and(|thread| thread.join().is_ok())),
    ]
}

/// What a decoder in a stranger's hands would try.
fn attempts(folder: &Path, port: u16, host: Pid) -> Vec<(&'static str, bool)> {
    vec![
        ("read another file", std::fs::read(folder.join("secret")).is_ok()),
        ("read a file of the system", std::fs::read("/etc/passwd").is_ok()),
        ("read its own memory map", std::fs::read("/proc/self/maps").is_ok()),
        ("list a folder", std::fs::read_dir(folder).is_ok()),
        ("write beside its output", std::fs::write(folder.join("other"), b"x").is_ok()),
        ("change its input", std::fs::OpenOptions::new().append(true).open(folder.join("input")).is_ok()),
        ("leave a link", std::os::unix::fs::symlink("/etc/passwd", folder.join("output/link")).is_ok()),
        ("connect", TcpStream::connect(("127.0.0.1", port)).is_ok()),
        ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("send a datagram", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("connect to a local socket", UnixStream::connect(folder.join("socket")).is_ok()),
        ("start a program", Command::new("/bin/true").status().is_ok_and(|status| status.success())),
        ("signal its host", rustix::process::test_kill_process(host).is_ok()),
    ]
}

/// Runs inside a process that the tests below start.
#[test]
#[ignore = "run by the tests below, in a child"]
fn inside() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = std::path::PathBuf::from(folder);
    let port = std::env::var(PORT).unwrap().parse().unwrap();
    let host = getppid().unwrap();
    if std::env::var_os(WALLS).is_some() {
        let task = Task {
            kind: "validation".to_owned(),
            options: serde_json::Value::Null,
            input: folder.join("input"),
            output: folder.join("output"),
            limits: Limits::default(),
            bounds: Rlimits { memory_bytes: 1 << 30, cpu_seconds: 60, file_bytes: 1 << 20 },
            host_pid: 0,
        };
        enter(&task).unwrap();
    }
    let mut done = allowed(&folder);
    done.extend(attempts(&folder, port, host));
    // Threads that are started later are inside as well.
    let place = folder.clone();
    let later = std::thread::spawn(move || attempts(&place, port, host)).join().unwrap();
    done.extend(later);
    let text: String = done.iter().filter(|(_, done)| *done).map(|(what, _)| format!("{what}\n")).collect();
    std::fs::write(folder.join("output/done"), text).unwrap();
}

/// What could be done inside, with or without the walls.
fn what_can_be_done(with_walls: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("input", "media"), ("secret", "secret")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::create_dir(folder.path().join("output")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _local = UnixListener::bind(folder.path().join("socket")).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "worker::sandbox::tests::inside", "--ignored", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env(PORT, listener.local_addr().unwrap().port().to_string());
    if with_walls {
        command.env(WALLS, "1");
    }
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let done = std::fs::read_to_string(folder.path().join("output/done")).unwrap();
    done.lines().map(str::to_owned).collect()
}

const ALLOWED: [&str; 5] =
    ["read its input", "write an output", "rename an output", "remove an output", "start a thread"];

#[test]
fn a_child_can_open_no_socket_no_other_file_and_no_program() {
    assert_eq!(what_can_be_done(true), ALLOWED);
}

#[test]
fn without_the_walls_every_attempt_succeeds() {
    let done = what_can_be_done(false);
    // Once from the first thread and once from another, where a link is there already.
    assert_eq!(done.len(), ALLOWED.len() + 2 * 13 - 1, "{done:?}");
}

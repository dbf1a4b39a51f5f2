//! A Redis of one test, on a free port, which it may empty and kill.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

pub(crate) struct Redis {
    child: Option<Child>,
    folder: tempfile::TempDir,
    port: u16,
}

impl Redis {
    /// None, and a word about it, where the program is not installed.
    pub(crate) fn start() -> Option<Self> {
        let mut redis = Self::stopped()?;
        redis.start_again();
        Some(redis)
    }

    /// One that does not run yet.
    pub(crate) fn stopped() -> Option<Self> {
        if Command::new("redis-server").arg("--version").output().is_err() {
            println!("skipped: redis-server is not installed");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Some(Self { child: None, folder: tempfile::tempdir().unwrap(), port })
    }

    /// Without anything that it knew before.
    pub(crate) fn start_again(&mut self) {
        let port = self.port.to_string();
        self.start_listening(&["--port", &port]);
    }

    /// The same by TLS alone, with the files `ca.crt`, `server.crt` and `server.key` of a folder; whoever comes has to
    /// show a certificate.
    pub(crate) fn start_with_tls(&mut self, folder: &Path) {
        let port = self.port.to_string();
        let [ca, certificate, key] =
            ["ca.crt", "server.crt", "server.key"].map(|name| folder.join(name).display().to_string());
        let files = ["--tls-ca-cert-file", &ca, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let listening = ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "yes"];
        self.start_listening(&[&listening[..], &files[..]].concat());
    }

    fn start_listening(&mut self, listening: &[&str]) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(listening).arg("--dir").arg(self.folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("Ready to accept connections")), "redis-server ended");
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As a power cut would end it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Has it hang, or go on.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// The answer to a command, as the protocol writes it.
    pub(crate) fn ask(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Whether an entry of a queue waits for a worker.
    pub(crate) fn waits(&self, lane: &str, entry: &str) -> bool {
        // A score, and not `$-1` for nothing.
        let score = self.ask(&format!("ZSCORE bull:viralforge-{lane}:prioritized {entry}"));
        !score.starts_with("$-1")
    }

    /// Whether somebody has drawn an entry of a queue.
    pub(crate) fn was_drawn(&self, lane: &str, entry: &str) -> bool {
        let events = self.ask(&format!("XRANGE bull:viralforge-{lane}:events - +"));
        let fields: Vec<&str> = events.split("\r\n").collect();
        fields.windows(5).any(|f| f[0] == "active" && f[2] == "jobId" && f[4] == entry)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

//! What the system sees: a file from a stranger opens nothing but itself, and a full disk leaves nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::media::media;

/// Every path opened and every socket made by a run, through strace.
fn opened(args: &[&str]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("strace.log");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=open,openat,socket,connect,execve", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_viralforge"))
        .args(args)
        .output()
        .expect("strace is installed (apt-get install strace)")
        .status;
    assert!(status.code().is_some(), "{args:?}: {status}");
    fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect()
}

/// Fails where a run opened a file beside `file`, or made a socket.
fn opens_only_itself(file: &Path) {
    let folder = file.parent().unwrap().to_str().unwrap();
    let path = file.to_str().unwrap();
    for verb in ["probe", "validate", "scenes", "waveform"] {
        let mut args = vec![verb, path, "--json"];
        let out = tempfile::tempdir().unwrap();
        let wave = out.path().join("w.dat");
        if verb == "waveform" {
            args = vec![verb, path, "-o", wave.to_str().unwrap()];
        }
        let calls = opened(&args);
        assert!(calls.iter().any(|c| c.contains(path)), "{verb} did not open {path}");
        for call in calls {
            assert!(!call.contains("socket(") && !call.contains("connect("), "{verb} {path}: {call}");
            assert!(!call.contains("/etc/passwd") && !call.contains("http"), "{verb} {path}: {call}");
            let neighbour = call.contains(folder) && !call.contains(path) && call.contains("open");
            assert!(!neighbour, "{verb} {path} opened something else: {call}");
        }
    }
}

#[test]
fn a_playlist_or_script_opens_neither_the_file_nor_the_address_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret.mp4");
    fs::write(&secret, b"another user's upload").unwrap();
    let secret = secret.to_str().unwrap();
    let lists = [
        ("concat.mp4", format!("ffconcat version 1.0\nfile 'secret.mp4'\nfile '{secret}'\n")),
        ("hls.mp4", format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")),
        ("sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n".to_owned()),
        ("dash.mp4", format!("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period><AdaptationSet><Representation id=\"0\"><BaseURL>{secret}</BaseURL></Representation></AdaptationSet></Period></MPD>")),
    ];
    for (name, text) in lists {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        opens_only_itself(&path);
    }
}

#[test]
fn hostile_uploads_open_nothing_but_themselves() {
    let names = ["real/malformed/hostile-upload/read_passwd.avi", "real/malformed/hostile-upload/GIF_exploit.gif"];
    for name in names {
        let Some(path) = media(name) else { return };
        opens_only_itself(&path);
    }
}

/// A file size limit makes writing fail as a full disk does (EFBIG for ENOSPC).
#[test]
fn a_full_disk_is_one_line_and_leaves_nothing() {
    let Some(video) = crate::media::dialogue() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("clip.mp4");
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let run = Command::new("bash")
        .args(["-c", script, "bash", env!("CARGO_BIN_EXE_viralforge"), "transcode"])
        .arg(&video)
        .arg("-o")
        .arg(&out)
        .args(["--speed", "ultrafast", "--end", "5"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(4), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("clip.mp4"), "{stderr}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "something was left");
}

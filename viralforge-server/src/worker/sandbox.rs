//! The walls around a child, on Linux: resource limits, Landlock for files and the network, seccomp for the rest.
//!
//! All three are entered before the first byte of media is read, and none can be left again.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::task::Task;

/// Files that a child may have open at once: its input, its outputs and their temporary names.
const MAX_OPEN_FILES: u64 = 64;

/// Locks the calling process in. There must be no other thread yet.
pub(super) fn enter(task: &Task) -> Result<(), String> {
    limit(task)?;
    wall_off_files_and_network(task).map_err(|error| format!("landlock: {error}"))?;
    allow_few_calls().map_err(|error| format!("seccomp: {error}"))
}

fn limit(task: &Task) -> Result<(), String> {
    let bounds = [
        (Resource::As, task.bounds.memory_bytes),
        (Resource::Cpu, task.bounds.cpu_seconds),
        (Resource::Fsize, task.bounds.file_bytes),
        (Resource::Nofile, MAX_OPEN_FILES),
        (Resource::Core, 0),
    ];
    for (resource, bound) in bounds {
        let limit = Rlimit { current: Some(bound), maximum: Some(bound) };
        setrlimit(resource, limit).map_err(|error| format!("{resource:?} {bound}: {error}"))?;
    }
    Ok(())
}

/// The input may be read, the output folder be used, and nothing else: no other file, no connection, no signal to
/// another process. Where the kernel knows only a part of this, that part holds.
fn wall_off_files_and_network(task: &Task) -> Result<(), Box<dyn std::error::Error>> {
    let abi = ABI::V6;
    let read = AccessFs::ReadFile;
    let write = AccessFs::from_all(abi)
        & !(AccessFs::Execute
            | AccessFs::MakeSock
            | AccessFs::MakeSym
            | AccessFs::MakeChar
            | AccessFs::MakeBlock
            | AccessFs::MakeFifo);
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(&task.input)?, read))?
        .add_rule(PathBeneath::new(PathFd::new(&task.output)?, write))?
        .restrict_self()?;
    Ok(())
}

/// What decoding, encoding, threads and files need. Everything else fails with "operation not permitted": there is no
/// socket, no new program, no other process.
fn allow_few_calls() -> Result<(), Box<dyn std::error::Error>> {
    let allowed = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_readv,
        libc::SYS_writev,
        libc::SYS_pread64,
        libc::SYS_pwrite64,
        libc::SYS_openat,
        libc::SYS_close,
        libc::SYS_lseek,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_fcntl,
        libc::SYS_ftruncate,
        libc::SYS_fallocate,
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_renameat2,
        libc::SYS_unlinkat,
        libc::SYS_fchmod,
        libc::SYS_getdents64,
        libc::SYS_readlinkat,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_umask,
        libc::SYS_getcwd,
        libc::SYS_copy_file_range,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_set_tid_address,
        libc::SYS_membarrier,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_tgkill,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_prctl,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_getres,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_sysinfo,
        libc::SYS_uname,
        libc::SYS_prlimit64,
        libc::SYS_getrusage,
        libc::SYS_ppoll,
        libc::SYS_getuid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getegid,
        libc::SYS_fstatfs,
    ];
    #[cfg(target_arch = "x86_64")]
    let allowed = [
        &allowed[..],
        &[
            libc::SYS_open,
            libc::SYS_stat,
            libc::SYS_lstat,
            libc::SYS_access,
            libc::SYS_rename,
            libc::SYS_unlink,
            libc::SYS_readlink,
            libc::SYS_poll,
            libc::SYS_arch_prctl,
            libc::SYS_time,
            libc::SYS_getrlimit,
        ],
    ]
    .concat();
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
        allowed.iter().map(|call| (i64::from(*call), Vec::new())).collect();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use viralforge_core::{Limits, UploadPolicy};

    use super::*;
    use crate::worker::{Rlimits, Work};

    /// Runs in a process of its own: what is locked in cannot be let out again.
    #[test]
    #[ignore = "run by the test below, in a child"]
    fn inside() {
        let Ok(folder) = std::env::var("VIRALFORGE_SANDBOX_TEST") else { return };
        let folder = std::path::PathBuf::from(folder);
        let task = Task {
            work: Work::Validation { policy: Box::new(UploadPolicy::video()) },
            input: folder.join("input"),
            output: folder.join("output"),
            limits: Limits::default(),
            bounds: Rlimits { memory_bytes: 1 << 30, cpu_seconds: 60, file_bytes: 1 << 20 },
        };
        enter(&task).unwrap();
        let refused = |what: &str, error: std::io::Result<()>| {
            let kind = error.err().map(|error| error.kind());
            assert_eq!(kind, Some(std::io::ErrorKind::PermissionDenied), "{what}");
        };
        assert_eq!(std::fs::read(folder.join("input")).unwrap(), b"media");
        std::fs::write(folder.join("output/made"), b"clip").unwrap();
        refused("another file", std::fs::read(folder.join("secret")).map(|_| ()));
        refused("a file of the system", std::fs::read("/etc/passwd").map(|_| ()));
        refused("writing beside the output", std::fs::write(folder.join("other"), b"x"));
        refused("writing the input", std::fs::write(folder.join("input"), b"x"));
        refused("a connection", std::net::TcpStream::connect("127.0.0.1:1").map(|_| ()));
        refused("a port", std::net::TcpListener::bind("127.0.0.1:0").map(|_| ()));
        refused("a datagram", std::net::UdpSocket::bind("127.0.0.1:0").map(|_| ()));
        refused("a local socket", std::os::unix::net::UnixStream::pair().map(|_| ()));
        refused("another program", Command::new("/bin/true").status().map(|_| ()));
        // The kernel would end the process with a signal otherwise.
        assert!(std::fs::write(folder.join("output/large"), vec![0; 1 << 19]).is_ok());
        tell_parent(&folder);
    }

    fn tell_parent(folder: &std::path::Path) {
        std::fs::write(folder.join("output/passed"), b"").unwrap();
    }

    #[test]
    fn a_child_can_open_no_socket_no_other_file_and_no_program() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("input", "media"), ("secret", "secret")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::create_dir(folder.path().join("output")).unwrap();
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::sandbox::tests::inside", "--ignored", "--test-threads=1"])
            .env("VIRALFORGE_SANDBOX_TEST", folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && folder.path().join("output/passed").exists(), "{text}");
    }
}

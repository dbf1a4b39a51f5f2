//! The walls around a child, on Linux: resource limits, Landlock for files and the network, seccomp for the rest.
//!
//! All three are entered before the first byte of media is read, and none can be left again.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

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
        libc::SYS_renameat,
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
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = allowed.iter().map(|call| (*call, Vec::new())).collect();
    // Threads, but no processes.
    let thread = libc::CLONE_THREAD as u64;
    let is_thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), thread)?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_thread])?]);
    // What clone3 asks for lies in memory, where a filter cannot look; told that there is no such call, libc uses
    // clone. This filter comes first, since the next one leaves no call with which to add another.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(clone3, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
    apply(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

fn apply(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = SeccompFilter::new(rules, otherwise, matched, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests;

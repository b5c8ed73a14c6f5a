//! What only the C library can tell or do: the one place in Etalon with `unsafe`.
//!
//! Every function is a thin wrapper with a safe signature; the reason why a call is sound stands beside it.
//! Written for Linux; macOS has all of it but `/proc` and systemd.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;

/// A wall-clock instant in the local time zone, as the log shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i32,
    /// 0 to 11.
    pub month: usize,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

/// The local time at that many seconds since the epoch. Reads the time zone on first use only.
pub fn local_time(unix_s: i64) -> LocalTime {
    let seconds = unix_s as libc::time_t;
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are valid for the call; `localtime_r` writes only to `tm`, and all-zero bytes are a valid
    // `tm` (its pointer may be null) if it fails.
    let tm = unsafe {
        libc::localtime_r(&seconds, tm.as_mut_ptr());
        tm.assume_init()
    };
    LocalTime {
        year: tm.tm_year + 1900,
        month: tm.tm_mon.clamp(0, 11) as usize,
        day: tm.tm_mday as u32,
        hour: tm.tm_hour as u32,
        minute: tm.tm_min as u32,
        second: tm.tm_sec as u32,
    }
}

/// CPU time used by the process and its threads so far, in microseconds: system, user.
pub fn cpu_time_us() -> (u64, u64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for the call, and all-zero bytes are a valid `rusage`.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let us = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
    (us(usage.ru_stime), us(usage.ru_utime))
}

/// System name, release and machine: `Linux 6.1.0 x86_64`.
pub fn system_name() -> String {
    let mut name = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the pointer is valid for the call; all-zero bytes are a valid `utsname` holding empty strings, and what
    // the kernel writes is terminated by a NUL within each array.
    let name = unsafe {
        libc::uname(name.as_mut_ptr());
        name.assume_init()
    };
    let text = |field: &[libc::c_char]| {
        let bytes: Vec<u8> = field.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    format!("{} {} {}", text(&name.sysname), text(&name.release), text(&name.machine))
}

/// The limit on open files: soft, hard.
pub fn open_files_limit() -> io::Result<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is valid for the call.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
        0 => Ok((limit.rlim_cur, limit.rlim_max)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets the limit on open files.
pub fn set_open_files_limit(soft: u64, hard: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the pointer is valid for the call.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Physical memory, in bytes; 0 if unknown.
pub fn total_memory_bytes() -> u64 {
    // SAFETY: `sysconf` takes a number and returns one.
    let (pages, page_bytes) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    if pages > 0 && page_bytes > 0 { pages as u64 * page_bytes as u64 } else { 0 }
}

/// Bytes of a page of memory.
pub fn page_bytes() -> usize {
    // SAFETY: `sysconf` takes a number and returns one.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(4096) as usize
}

/// Lets the C library's allocator put what was freed in order, which it does on an allocation that no small block serves.
pub fn sort_free_memory() {
    std::hint::black_box(Vec::<u8>::with_capacity(64 * 1024));
}

/// One heap for all threads: else a thread that frees sorts its own, where nothing is, and the engine's thread has to sort
/// what it needs itself. And it never shrinks by itself: the end of a heap is given back under its lock, while
/// whoever allocates waits; [`return_free_memory`] does that in a quiet moment. Small blocks are merged with their neighbours when
/// they are freed: else glibc puts them aside, and merges all of them in the first call that needs or leaves a large block, which
/// took 1 to 3 ms of one XDEL in a million. To be called before the first thread is started.
pub fn share_heap() {
    #[cfg(all(target_env = "gnu", not(any(feature = "mimalloc", feature = "jemalloc"))))]
    // SAFETY: `mallopt` takes two numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MXFAST, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        // Where it would come to be by itself, had the line above not fixed it at 128 KiB.
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
    }
}

/// Gives memory that the allocator holds free back to the system. Locks the heap for some
/// 100 ms a gigabyte.
pub fn return_free_memory() {
    #[cfg(all(target_env = "gnu", not(any(feature = "mimalloc", feature = "jemalloc"))))]
    // SAFETY: `malloc_trim` takes a number, locks the allocator as `malloc` does, and touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Which process returns from [`fork`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    Parent,
    Child,
}

/// Splits the process in two. Only the calling thread exists in the child, so this must happen before any other
/// thread is started; it panics otherwise.
pub fn fork() -> io::Result<Forked> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    assert_eq!(threads, 1, "fork happens before threads are started");
    // SAFETY: there is one thread (checked above), so no lock can be held by a thread that does not exist in the child.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        _ => Ok(Forked::Parent),
    }
}

/// Makes the process the leader of a new session without a terminal, with its standard streams on `/dev/null`.
pub fn detach() -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    // SAFETY: `setsid` takes nothing; `dup2` gets an open descriptor and the numbers of the standard streams, which
    // Rust's standard library never closes and always uses by number.
    unsafe {
        libc::setsid();
        for stream in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
            if libc::dup2(null.as_raw_fd(), stream) == -1 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

/// Stops the process until it is told to continue: how upstart learns that a service is up.
pub fn stop_self() {
    // SAFETY: `raise` takes a number.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// Ignores a signal for the life of the process.
pub fn ignore_signal(signal: i32) {
    // SAFETY: `SIG_IGN` is a valid disposition; no handler of ours runs.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// The text for an error number.
pub fn error_text(number: i32) -> String {
    let mut buffer = [0 as libc::c_char; 256];
    // SAFETY: the buffer is valid for its length, stays within it NUL-terminated (POSIX form of the function), and
    // is read only up to that NUL.
    unsafe {
        if libc::strerror_r(number, buffer.as_mut_ptr(), buffer.len()) != 0 {
            return format!("Unknown error {number}");
        }
        CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
    }
}

/// The reason of an error as the C library words it: `Address already in use`.
pub fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => error_text(number),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_texts_of_the_c_library() {
        assert_eq!(error_text(libc::EADDRINUSE), "Address already in use");
        assert_eq!(reason(&io::Error::other("odd")), "odd");
    }

    #[test]
    fn the_local_time_of_the_epoch_is_within_a_day_of_it() {
        let time = local_time(0);
        assert!(
            (time.year, time.month, time.day) == (1970, 0, 1) || (time.year, time.month, time.day) == (1969, 11, 31)
        );
    }

    #[test]
    fn the_process_knows_itself() {
        assert!(total_memory_bytes() > 1 << 20);
        assert!(open_files_limit().expect("there is a limit").0 > 0);
        assert!(system_name().split(' ').count() >= 3);
    }
}

//! Lowers the priority of indexing threads below that of threads that answer editor requests.
//!
//! With more threads than cores, indexing at normal priority would delay hover noticeably.

/// Lowers the scheduling priority of the current thread. Does nothing on systems other than Linux.
pub(crate) fn lower() {
    #[cfg(target_os = "linux")]
    {
        // Linux accepts a thread id where POSIX specifies a process id, and then applies the priority to that thread only.
        let thread = rustix::thread::gettid();
        // Failure only affects responsiveness, not correctness.
        let _ = rustix::process::setpriority_process(Some(thread), 10);
    }
}

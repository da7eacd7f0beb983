//! Background threads yield to those that answer an editor.
//!
//! With fewer cores than threads, an equal share for the indexer would show as a stutter in hover.

/// Lowers the scheduling priority of the current thread. Where the system has no such thing, nothing happens.
pub(crate) fn lower() {
    #[cfg(target_os = "linux")]
    {
        // On Linux a thread id is accepted where POSIX wants a process id, and then means that thread only.
        let thread = rustix::thread::gettid();
        // A refusal costs smoothness, not correctness.
        let _ = rustix::process::setpriority_process(Some(thread), 10);
    }
}

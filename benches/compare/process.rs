//! The kernel's figures of a process: memory, descriptors, threads, time on a processor.

use std::fs;
use std::time::Duration;

/// Resident memory in bytes.
pub(crate) fn resident(pid: u32) -> u64 {
    field(pid, "VmRSS:") * 1024
}

pub(crate) fn threads(pid: u32) -> u64 {
    field(pid, "Threads:")
}

pub(crate) fn descriptors(pid: u32) -> u64 {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is ours and runs");
    open.count() as u64
}

/// The descriptors that this process may have.
pub(crate) fn most_descriptors() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    soft.unwrap_or(usize::MAX)
}

/// Time that all threads of a process that still run have been on a processor.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is ours and runs");
    let nanos = threads.filter_map::<u64, _>(|thread| {
        let path = thread.ok()?.path().join("schedstat");
        fs::read_to_string(path)
            .ok()?
            .split(' ')
            .next()?
            .parse()
            .ok()
    });
    Duration::from_nanos(nanos.sum::<u64>())
}

fn field(pid: u32, name: &str) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is ours and runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("the kernel tells a number")
}

/// `2 × Intel(R) Xeon(R) Processor, 23 GiB, Linux 6.1`
pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
            .unwrap_or_default()
    };
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let model = value(&read("/proc/cpuinfo"), "model name");
    let kilobytes: f64 = value(&read("/proc/meminfo"), "MemTotal")
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!(
        "{processors} × {model}, {:.0} GiB, Linux {kernel}",
        kilobytes / 1024.0 / 1024.0
    )
}

// SPDX-License-Identifier: GPL-2.0

//! One test program: started, its lines passed on, and ended when its time is over.

use super::plan::Program;
use std::{
    io::{
        BufRead,
        BufReader, //
    },
    os::unix::process::{
        CommandExt,
        ExitStatusExt, //
    },
    path::Path,
    process::{
        Child,
        Command,
        Stdio, //
    },
    sync::mpsc,
    time::{
        Duration,
        Instant, //
    },
};

/// As the kernel's selftests have it.
const SKIPPED: i32 = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Result {
    Passed,
    Skipped,
    Failed(String),
    /// It does not end, or not in time: the device, or the kernel, may be at fault.
    Stuck,
}

/// Runs it; each of its lines goes to `line`.
pub fn run(
    program: &Program,
    file: &Path,
    arguments: &[String],
    limit: Duration,
    mut line: impl FnMut(&str),
) -> Result {
    let child = Command::new(file)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        // What it starts ends with it.
        .process_group(0)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Result::Failed(format!("{} cannot be run: {error}", program.name)),
    };
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines();
            lines
                .map_while(std::result::Result::ok)
                .try_for_each(|line| sender.send(line))
        });
    }
    let end = Instant::now() + limit;
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(text) => line(&text),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => return kill(child),
        }
    }
    match child.wait().map(|status| (status.code(), status.signal())) {
        Ok((Some(0), _)) => Result::Passed,
        Ok((Some(SKIPPED), _)) => Result::Skipped,
        Ok((Some(code), _)) => Result::Failed(format!("exit status {code}")),
        Ok((None, Some(signal))) => Result::Failed(format!("signal {signal}")),
        Ok((None, None)) => Result::Failed("it ended in no known way".into()),
        Err(error) => Result::Failed(error.to_string()),
    }
}

fn kill(mut child: Child) -> Result {
    crate::ffi::kill_group(child.id());
    // What hangs in the kernel is not waited for.
    std::thread::sleep(Duration::from_secs(1));
    let _ = child.try_wait();
    Result::Stuck
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(script: &str, seconds: u64) -> (Result, Vec<String>) {
        let mut lines = Vec::new();
        let program = &super::super::plan::PROGRAMS[0];
        let arguments = ["-c".to_owned(), script.to_owned()];
        let limit = Duration::from_secs(seconds);
        let result = run(program, Path::new("/bin/sh"), &arguments, limit, |line| {
            lines.push(line.to_owned())
        });
        (result, lines)
    }

    #[test]
    fn how_programs_end() {
        assert_eq!(
            outcome("echo ok 1", 5),
            (Result::Passed, vec!["ok 1".to_owned()])
        );
        assert_eq!(outcome("exit 4", 5).0, Result::Skipped);
        assert_eq!(
            outcome("exit 1", 5).0,
            Result::Failed("exit status 1".into())
        );
        assert_eq!(
            outcome("kill -9 $$", 5).0,
            Result::Failed("signal 9".into())
        );
        assert_eq!(outcome("sleep 60", 1).0, Result::Stuck);
    }
}

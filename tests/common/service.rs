//! A service of schedules in a process of its own, at another time of day. The test binary starts itself again,
//! for a process is what signals and kills are for, and a clock that leaps is nothing that the program offers.
#![allow(dead_code, reason = "every test uses some of it")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "what is waited for is another process")]

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use score_tasks::domain;
use score_tasks::pace::Clock;
use score_tasks::{run, store};

use super::program::{Project, finished};

const WORDS: &str = "SERVICE_TEST_WORDS";
const FROM: &str = "SERVICE_TEST_FROM";
const UNTIL: &str = "SERVICE_TEST_UNTIL";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the test `child` does: the program, on a clock that leaps.
pub fn be_the_child() {
    let Ok(words) = std::env::var(WORDS) else { return };
    let time = |name: &str| domain::Instant::parse(&std::env::var(name).unwrap()).unwrap();
    let words = std::iter::once("score-tasks").chain(words.lines()).map(OsString::from);
    std::process::exit(run::main_at(words, Clock::leaping(time(FROM), time(UNTIL))));
}

pub struct Service {
    child: Child,
    lines: Receiver<String>,
    pub seen: String,
}

impl Service {
    /// Starts the program where it is `from`; nothing that is to come after `until` does.
    pub fn start(project: &Project, words: &[&str], from: &str, until: &str) -> Self {
        let mut command = project.program(std::env::current_exe().unwrap().to_str().unwrap());
        command.args(["child", "--exact", "--ignored", "--nocapture"]);
        command.env(WORDS, words.join("\n")).env(FROM, from).env(UNTIL, until);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::Builder::new()
            .spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)))
            .unwrap();
        Self { child, lines, seen: String::new() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line holds this, and returns it.
    pub fn until(&mut self, part: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.seen += &format!("{line}\n");
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(why) => panic!("no `{part}` ({why}) in:\n{}", self.seen),
            }
        }
    }

    pub fn signal(&self, name: &str) {
        let sent = finished(Command::new("kill").args([name, &self.id().to_string()]));
        assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    }

    /// Its exit code, once it has ended by itself.
    pub fn end(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen += &format!("{line}\n"),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(why) => panic!("it does not end ({why}):\n{}", self.seen),
            }
        }
        (self.child.wait().unwrap().code(), std::mem::take(&mut self.seen))
    }

    /// Returns as soon as the store holds so many answers.
    pub fn reach(&mut self, project: &Project, count: u64) {
        let start = Instant::now();
        while answers(project) < count {
            assert!(start.elapsed() < PATIENCE, "{count} answers do not come");
            assert!(self.child.try_wait().unwrap().is_none(), "it has ended");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// SIGKILL as soon as the store holds so many answers; returns how many it held then.
    pub fn kill_at(mut self, project: &Project, count: u64) -> u64 {
        self.reach(project, count);
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        answers(project)
    }

    /// SIGTERM once it waits for something that will not come; it ends in peace.
    pub fn leave(mut self, next: &str) -> String {
        self.until(&format!("Next: {next}"));
        self.signal("-TERM");
        let (code, seen) = self.end();
        assert_eq!(code, Some(0), "{seen}");
        seen
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where a test has failed, it is not left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many answers the store holds; before the first commit there is nothing to be read.
pub fn answers(project: &Project) -> u64 {
    let stats = store::stats(&project.path("cache/answers.sqlite"));
    stats.map_or(0, |stats| stats.models.iter().map(|model| model.answers).sum())
}

//! The real binary, run in a project folder of its own.
#![allow(dead_code, reason = "every test uses some of it")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_score-tasks");

/// A folder with a config.toml, gone when it is dropped.
pub struct Project(TempDir);

/// How a run ended, and what it wrote.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Project {
    pub fn new(config: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("config.toml", config);
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Any program, in this folder. Every flag can also be set by the environment, so there is none.
    pub fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, words: &[&str]) -> Ran {
        finished(self.program(BINARY).args(words))
    }

    /// The same; anything but success fails the test.
    pub fn succeed(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        ran
    }
}

pub fn finished(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Ran { code: output.status.code(), stdout: output.stdout, stderr }
}

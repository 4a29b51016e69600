//! How a run ends: exit codes, and failures with their next step.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::ask::AskError;
use crate::config::ConfigError;
use crate::pass::PassError;
use crate::read::ReadError;
use crate::report::ReportError;
use crate::store::StoreError;
use crate::write::WriteError;

/// Exit codes; `score-tasks help exit-codes` says the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    Done = 0,
    /// Our fault, or the disk's.
    Failed = 1,
    /// Usage, config, rubric or input.
    Usage = 2,
    /// Finished with more gaps than allowed.
    Gaps = 3,
    /// A key is missing or refused, or the provider closed the account.
    Account = 4,
    /// The cost was refused, or the budget is reached.
    Cost = 5,
    /// `verify` found something, or agreement is not what was asked for.
    Gate = 6,
    /// No such occupation, or several.
    Occupation = 7,
    Interrupted = 130,
}

impl Exit {
    pub fn code(self) -> i32 {
        self as i32
    }

    /// The one with this code.
    pub fn of(code: i32) -> Option<Self> {
        let all = [
            Self::Done,
            Self::Failed,
            Self::Usage,
            Self::Gaps,
            Self::Account,
            Self::Cost,
            Self::Gate,
            Self::Occupation,
            Self::Interrupted,
        ];
        all.into_iter().find(|exit| exit.code() == code)
    }

    /// For machines that had rather have a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Gaps => "gaps",
            Self::Account => "account",
            Self::Cost => "cost",
            Self::Gate => "gate",
            Self::Occupation => "occupation",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub error: anyhow::Error,
    /// The next step for the user.
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into(), hint: None }
    }

    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Usage, error)
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// `error: ...`, its causes, and after an empty line the hint.
    pub fn print(&self) {
        // Whoever ended it knows.
        if self.is_broken_pipe() || self.exit == Exit::Interrupted {
            return;
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(text, "{:#}", self.error);
        let error = anstyle::AnsiColor::Red.on_default().bold();
        let hint = anstyle::AnsiColor::Cyan.on_default();
        anstream::eprintln!("{error}error{error:#}: {text}");
        if let Some(next) = &self.hint {
            anstream::eprintln!("\n{hint}hint{hint:#}: {next}");
        }
    }

    /// The reader of a pipe has gone, as in `| head`.
    fn is_broken_pipe(&self) -> bool {
        self.error.downcast_ref::<ReportError>().is_some_and(ReportError::is_broken_pipe)
            || self
                .error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let hint = error.hint();
        Self { exit: Exit::Usage, hint, error: error.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error).hint("score-tasks help config")
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let hint = error.hint();
        Self::usage(error).hint(hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = error.hint().map(Cow::into_owned);
        Self { exit: Exit::Failed, hint, error: error.into() }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        // What was wanted has been read; the rest is not missed.
        let exit = if error.is_broken_pipe() { Exit::Done } else { Exit::Failed };
        Self::new(exit, error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::new(Exit::Failed, error)
    }
}

impl From<PassError> for Failure {
    fn from(error: PassError) -> Self {
        match error {
            PassError::Read(error) => error.into(),
            PassError::Ask(error) => error.into(),
            PassError::Store(error) => error.into(),
            PassError::Report(error) => error.into(),
            PassError::Weightless { .. } => Self::usage(error).hint("--weights equal weighs all tasks alike"),
            PassError::Interrupted => Self::new(Exit::Interrupted, error),
            PassError::Lost => Self::new(Exit::Failed, error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let exit = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Exit::Done,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

//! The user's own program at the end of a run: the only place that starts one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Desk;
use super::clients;
use crate::config::usual_key_variables;

/// It has so long.
const PATIENCE: Duration = Duration::from_secs(600);
/// What it has started may hold its streams open; that is not waited for.
const LEFTOVERS: Duration = Duration::from_millis(500);
/// So much of the end of what it says is kept, and so many lines of that are told.
const KEPT: usize = 16 * 1024;
const LINES: usize = 5;

/// What it is told.
pub(super) struct Told<'a> {
    /// By the name of the variable.
    pub variables: Vec<(&'static str, String)>,
    pub stdin: &'a str,
    /// The variable with the secret that signs, which is none of its business.
    pub secret_env: Option<&'a str>,
}

/// Runs it to its end; what went wrong in words.
pub(super) async fn run(desk: &Desk, words: &[String], told: &Told<'_>) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let ended = timeout(PATIENCE, async {
        let mut child = command(desk, program, arguments, told).spawn().map_err(|error| error.to_string())?;
        attend(&mut child, told.stdin).await
    });
    // It ends with the wait for it.
    ended.await.unwrap_or_else(|_| Err(format!("it was ended after {} s", PATIENCE.as_secs())))
}

fn command(desk: &Desk, program: &str, arguments: &[String], told: &Told<'_>) -> Command {
    let root = std::path::absolute(&desk.config.root).unwrap_or_else(|_| desk.config.root.clone());
    // A path is meant from the config's folder, a bare name from the system's.
    let is_path = Path::new(program).components().count() > 1;
    let mut command = if is_path { Command::new(root.join(program)) } else { Command::new(program) };
    command.args(arguments).current_dir(root).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in key_variables(desk).into_iter().chain(told.secret_env.map(str::to_owned)) {
        command.env_remove(variable);
    }
    command.envs(told.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Those of the config, of models and of all webhooks, and those that servers usually have.
fn key_variables(desk: &Desk) -> Vec<String> {
    let servers = desk.config.known_models.iter().filter_map(clients::server);
    let own = servers.filter_map(|server| server.api_key_env.clone());
    let webhooks = desk.config.schedules.iter().filter_map(|schedule| schedule.after.webhook.as_ref());
    let secrets = webhooks.filter_map(|webhook| webhook.secret_env.clone());
    own.chain(secrets).chain(usual_key_variables().map(str::to_owned)).collect()
}

/// Feeds it and listens to it until it has ended.
async fn attend(child: &mut Child, input: &str) -> Result<(), String> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // Whoever does not want it has closed it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let status = {
        let talk = async { tokio::join!(feed, listen(stdout, &mut said), listen(stderr, &mut complained)) };
        tokio::pin!(talk);
        tokio::select! {
            status = child.wait() => {
                let _ = timeout(LEFTOVERS, &mut talk).await;
                status
            }
            // It has closed its streams and may be at work yet.
            _ = &mut talk => child.wait().await,
        }
    };
    let status = status.map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    let ended =
        status.code().map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    // Some complain where others answer.
    Err(ended + &last_lines(if complained.is_empty() { &said } else { &complained }))
}

/// Keeps the end of what it says.
async fn listen(from: Option<impl AsyncRead + Unpin>, said: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        said.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let beyond = said.len().saturating_sub(KEPT);
        said.drain(..beyond);
    }
}

fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(LINES);
    lines.into_iter().skip(first).map(|line| format!("\n  {}", crate::report::plain(line))).collect()
}

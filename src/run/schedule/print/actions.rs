//! A workflow of GitHub Actions.

use std::path::{Path, PathBuf};

use super::{FIRST_TIME, Failure, Printing, quoted, told, yaml};

const HEAD: &str = "# .github/workflows/score-tasks.yml
#
# The store of answers must be kept from run to run, or every run pays for everything again. Here it is an artifact
# of this workflow, which GitHub keeps for 90 days at most; its cache would go after 7 days without use. Whoever may
# read the repository may read it. A store that is to last belongs on a machine of your own: `runs-on: self-hosted`
# and a folder there, or a bucket.
# GitHub starts workflows late or, when it is busy, not at all, and stops those of a public repository after 60 days
# in which nothing happened in it.
";

/// Artifacts of runs of the repository's own default branch: a fork can make one of any name, and of a branch of any
/// name, but it stays one of the fork. Where GitHub cannot tell, the job stops rather than pay for everything again.
const BRING_BACK: &str = r#"      - name: Bring the store back
        id: store
        env:
          GH_TOKEN: ${{ github.token }}
          # Anybody's pull request may leave an artifact of this name: only those of this branch, in this repository.
          BRANCH: ${{ github.event.repository.default_branch }}
        run: |
          found="$(gh api --paginate "repos/$GITHUB_REPOSITORY/actions/artifacts?name=score-tasks-store&per_page=100" --jq '.artifacts[] | select((.expired | not) and .workflow_run.head_branch == env.BRANCH and "\(.workflow_run.head_repository_id)" == env.GITHUB_REPOSITORY_ID) | "\(.created_at) \(.id)"')"
          id="$(printf '%s\n' "$found" | sort | tail -n 1 | cut -d ' ' -f 2)"
          if [ -n "$id" ]; then
            gh api "repos/$GITHUB_REPOSITORY/actions/artifacts/$id/zip" > "$RUNNER_TEMP/store.zip"
            unzip -o -q "$RUNNER_TEMP/store.zip" -d {store}
            "$SCORE_TASKS" -C "$FOLDER" cache verify
          fi
"#;

pub(super) fn workflow(all: &Printing<'_>) -> Result<String, Failure> {
    let carried = all.carried()?;
    let parts = [
        HEAD.to_owned(),
        format!("# Run it once by hand (gh workflow run score-tasks.yml),\n{FIRST_TIME}"),
        triggers(all),
        job(all),
        bring_back(all),
        score(all),
        summary(all),
        keep_store(all),
        keep_reports(all, &carried),
    ];
    Ok(parts.concat())
}

/// When it is begun.
fn triggers(all: &Printing<'_>) -> String {
    let mut crons = String::new();
    for schedule in &all.schedules {
        crons += &format!("    # {}\n", told(schedule));
        for line in schedule.timetable.utc_lines(all.desk.clock.now()) {
            crons += &format!("    - cron: \"{line}\"\n");
        }
    }
    format!(
        "name: score-tasks
on:
  schedule:
    # UTC. A zone with summer time has a line for each of its two times: what is not due is not run.
{crons}    # What GitHub did not start is made up for.
    - cron: \"17 5 * * 1\"
  workflow_dispatch:
    inputs:
      now:
        description: A schedule to run now, whether it is due or not
        required: false
        default: \"\"
"
    )
}

fn job(all: &Printing<'_>) -> String {
    format!(
        "permissions:
  contents: read
  actions: read
concurrency:
  group: score-tasks
  cancel-in-progress: false
jobs:
  score:
    runs-on: ubuntu-latest
    timeout-minutes: 350
    env:
      # The executable: put it there in a step of your own, or say where the image has it.
      SCORE_TASKS: score-tasks
      # The folder of config.toml in the repository, and from there that of the store.
      FOLDER: .
      STORE: {store}
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
",
        store = yaml(&literal(&all.store().display().to_string())),
    )
}

fn bring_back(all: &Printing<'_>) -> String {
    let store = if all.store().is_absolute() { "\"$STORE\"" } else { "\"$FOLDER/$STORE\"" };
    BRING_BACK.replace("{store}", store)
}

fn score(all: &Printing<'_>) -> String {
    let secrets = all.secrets(&all.schedules);
    let secrets: String =
        secrets.iter().map(|name| format!("          {}: ${{{{ secrets.{name} }}}}\n", yaml(name))).collect();
    let names: Vec<&str> = all.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    format!(
        "      - name: Score what is due
        env:
          NOW: ${{{{ inputs.now }}}}
{secrets}        # Told to stop, it lets calls in flight come back, and there is time to keep the store; the next run goes on.
        run: |
          if [ -n \"$NOW\" ]; then
            timeout --signal=INT 320m \"$SCORE_TASKS\" -C \"$FOLDER\" schedule run --now=\"$NOW\" --wait
          else
            timeout --signal=INT 320m \"$SCORE_TASKS\" -C \"$FOLDER\" schedule run --once {names} --wait
          fi
",
        names = names.join(" "),
    )
}

fn summary(all: &Printing<'_>) -> String {
    let files = all.schedules.iter().filter_map(|schedule| schedule.after.summary.as_ref());
    let files: Vec<String> = files.map(|file| literal(&quoted(&file.display()))).collect();
    let shown = match files.as_slice() {
        [] => "\"$SCORE_TASKS\" -C \"$FOLDER\" runs show >> \"$GITHUB_STEP_SUMMARY\"".to_owned(),
        files => format!("cd \"$FOLDER\" && cat -- {} >> \"$GITHUB_STEP_SUMMARY\"", files.join(" ")),
    };
    format!("      - name: Summary\n        if: always()\n        run: |\n          {shown} || true\n")
}

/// One that was not brought back whole must not take the place of the one that was.
fn keep_store(all: &Printing<'_>) -> String {
    let store = all.store();
    let is_hidden = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with('.');
    // It would leave these out, and say nothing.
    let hidden = if store.iter().any(is_hidden) { "          include-hidden-files: true\n" } else { "" };
    format!(
        "      - name: Keep the store
        if: always() && steps.store.outcome == 'success'
        uses: actions/upload-artifact@v4
        with:
          name: score-tasks-store
          path: {}
          retention-days: 90
          if-no-files-found: ignore
{hidden}",
        yaml(&place(&store)),
    )
}

/// Reports and summaries, for people.
fn keep_reports(all: &Printing<'_>, carried: &[PathBuf]) -> String {
    let store = all.store();
    let folders = carried.iter().filter(|folder| **folder != store);
    let folders: Vec<String> = folders.map(|folder| place(folder)).collect();
    if folders.is_empty() {
        return String::new();
    }
    format!(
        "      - name: Keep the reports
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: score-tasks-reports
          path: {}
          if-no-files-found: ignore
",
        yaml(&folders.join("\n"))
    )
}

/// Where a folder is, as the steps that keep it name it.
fn place(folder: &Path) -> String {
    let written = pattern(&folder.display().to_string());
    if folder.is_absolute() { written } else { format!("${{{{ env.FOLDER }}}}/{written}") }
}

/// `${{` begins an expression wherever it stands in a workflow.
fn literal(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// The same, where some letters stand for others.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            _ => pattern.push(c),
        }
    }
    literal(&pattern)
}

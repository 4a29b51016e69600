//! A workflow of GitHub Actions.

use super::Printing;

pub(super) fn workflow(all: &Printing<'_>) -> String {
    let names: Vec<&str> = all.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    let mut crons = String::new();
    for schedule in &all.schedules {
        let timetable = &schedule.timetable;
        crons +=
            &format!("    # {}: {} {}\n", schedule.name, timetable.expression.text(), timetable.zone.name());
        for line in timetable.utc_lines(all.desk.clock.now()) {
            crons += &format!("    - cron: \"{line}\"\n");
        }
    }
    let secrets: String = all
        .secrets(&all.schedules)
        .iter()
        .map(|name| format!("          {name}: ${{{{ secrets.{name} }}}}\n"))
        .collect();
    let summaries: Vec<String> = all
        .schedules
        .iter()
        .filter_map(|schedule| schedule.after.summary.as_ref())
        .map(|file| super::quoted(&file.display()))
        .collect();
    let summary = match summaries.as_slice() {
        [] => "\"$SCORE_TASKS\" -C \"$FOLDER\" runs show >> \"$GITHUB_STEP_SUMMARY\"".to_owned(),
        files => format!("cd \"$FOLDER\" && cat {} >> \"$GITHUB_STEP_SUMMARY\"", files.join(" ")),
    };
    let kept = kept(all);
    let store = all.store();
    format!(
        "# .github/workflows/score-tasks.yml
#
# The store of answers must be kept from run to run, or every run pays for everything again. Here it is an artifact
# of this workflow, which GitHub keeps for 90 days at most; its cache would go after 7 days without use. A store
# that is to last belongs on a machine of your own: `runs-on: self-hosted` and a folder there, or a bucket.
# GitHub starts workflows late, and stops those of a public repository after 60 days in which nothing happened in it.
name: score-tasks
on:
  schedule:
    # UTC. A zone with summer time has a line for each of its two times: what is not due is not run.
{crons}  workflow_dispatch:
    inputs:
      now:
        description: A schedule to run now, whether it is due or not
        required: false
        default: \"\"
permissions:
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
      # The folder of config.toml in the repository.
      FOLDER: .
    steps:
      - uses: actions/checkout@v4
      - name: Bring the store back
        env:
          GH_TOKEN: ${{{{ github.token }}}}
        run: |
          id=\"$(gh api \"repos/$GITHUB_REPOSITORY/actions/artifacts?name=score-tasks-store&per_page=10\" --jq '[.artifacts[] | select(.expired | not)][0].id // empty')\"
          if [ -n \"$id\" ]; then
            gh api \"repos/$GITHUB_REPOSITORY/actions/artifacts/$id/zip\" > \"$RUNNER_TEMP/store.zip\"
            unzip -o -q \"$RUNNER_TEMP/store.zip\" -d \"$FOLDER/{store}\"
          fi
      - name: Score what is due
        env:
          NOW: ${{{{ inputs.now }}}}
{secrets}        run: |
          if [ -n \"$NOW\" ]; then
            \"$SCORE_TASKS\" -C \"$FOLDER\" schedule run --now \"$NOW\" --wait
          else
            \"$SCORE_TASKS\" -C \"$FOLDER\" schedule run --once {names} --wait
          fi
      - name: Summary
        if: always()
        run: |
          {summary} || true
      - name: Keep the store
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: score-tasks-store
          path: ${{{{ env.FOLDER }}}}/{store}
          retention-days: 90
          if-no-files-found: ignore
{kept}",
        names = names.join(" "),
        store = store.display(),
    )
}

/// Reports and summaries, for people.
fn kept(all: &Printing<'_>) -> String {
    let store = all.store();
    let folders: Vec<String> = all
        .written()
        .into_iter()
        .filter(|folder| *folder != store)
        .map(|folder| format!("            ${{{{ env.FOLDER }}}}/{}\n", folder.display()))
        .collect();
    if folders.is_empty() {
        return String::new();
    }
    format!(
        "      - name: Keep the reports
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: score-tasks-reports
          path: |
{}          if-no-files-found: ignore
",
        folders.concat()
    )
}

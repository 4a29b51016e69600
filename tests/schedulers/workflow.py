"""Runs the steps of a printed workflow where GitHub is played. Usage: workflow.py PROGRAM PROJECT WORKFLOW"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

PROGRAM, PROJECT, WORKFLOW = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
# `gh api` with the artifacts of $LISTED, and the archive of each beside it.
GH = f"""#!{sys.executable}
import json, os, re, sys
import jq
place = next(word for word in sys.argv[2:] if word.startswith("repos/"))
archive = re.search(r"/artifacts/(\\d+)/zip$", place)
if archive:
    sys.stdout.buffer.write(open(os.path.join(os.path.dirname(os.environ["LISTED"]), archive[1] + ".zip"), "rb").read())
else:
    words = jq.compile(sys.argv[sys.argv.index("--jq") + 1]).input_value(json.load(open(os.environ["LISTED"]))).all()
    print(*words, sep="\\n")
"""
PLAYED = {
    "${{ '${{' }}": "${{",
    "${{ github.token }}": "token",
    "${{ github.event.repository.default_branch }}": "main",
    "${{ inputs.now }}": "",
    "${{ env.FOLDER }}": ".",
}


def played(text):
    for expression, value in PLAYED.items():
        text = text.replace(expression, value)
    return text


def artifact(number, branch="main", repository=7, expired=False, day=1):
    run = {"head_branch": branch, "head_repository_id": repository}
    return {"id": number, "expired": expired, "created_at": f"2027-01-{day:02}T00:00:00Z", "workflow_run": run}


job = yaml.safe_load(WORKFLOW.read_text())["jobs"]["score"]
steps = {step["name"]: step for step in job["steps"] if "name" in step}


def run(step, checkout, **environment):
    """The step as GitHub's shell runs it, in a checkout."""
    step = steps[step]
    told = {**job["env"], **{name: value for name, value in step.get("env", {}).items() if "secrets." not in value}}
    told = {name: played(value) for name, value in told.items()}
    told |= {"SCORE_TASKS": PROGRAM, "GITHUB_REPOSITORY": "us/scores", "GITHUB_REPOSITORY_ID": "7", "GITHUB_STEP_SUMMARY": str(checkout / "summary")}
    told |= {"PATH": f"{checkout.parent / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(checkout.parent)}
    words = ["bash", "-e", "-c", played(step["run"])]
    return subprocess.run(words, cwd=checkout, env={**os.environ, **told, **environment}, capture_output=True, text=True)


def brought_back(folder, artifacts, archives):
    """The outcome of the step, and the mark that the store it brought has."""
    import json

    checkout = folder / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    shutil.copytree(PROJECT, checkout, ignore=shutil.ignore_patterns("my cache*", "my reports*"))
    listed = folder / "listed.json"
    listed.write_text(json.dumps({"artifacts": artifacts}))
    for number, files in archives.items():
        with zipfile.ZipFile(folder / f"{number}.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    done = run("Bring the store back", checkout, LISTED=str(listed))
    mark = checkout / job["env"]["STORE"] / "mark"
    return done, mark.read_text() if mark.exists() else None


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    (folder / "bin").mkdir()
    (folder / "bin" / "gh").write_text(GH)
    (folder / "bin" / "gh").chmod(0o755)

    done, mark = brought_back(folder, [], {})
    assert done.returncode == 0 and mark is None, done
    checkout = folder / "checkout"
    done = run("Score what is due", checkout, SCORE_TASKS="echo")
    assert done.stdout.startswith("-C . schedule run --once monthly ") and done.stdout.endswith(" --wait\n"), done
    done = run("Score what is due", checkout, NOW="monthly")
    assert done.returncode == 0, done
    store = checkout / job["env"]["STORE"] / "answers.sqlite"
    assert store.exists(), "the store is not where the workflow keeps it"
    whole = store.read_bytes()
    kept = played(steps["Keep the store"]["with"]["path"])
    for letter in "*?[":
        kept = kept.replace(f"[{letter}]", letter)
    assert (checkout / kept).resolve() == store.parent.resolve(), kept
    reports = played(steps["Keep the reports"]["with"]["path"]).splitlines()
    assert all(Path(report) != Path(".") for report in reports), reports

    summary = checkout / "my reports #2 - it's $(exit 1)" / "summary of $HOME.md"
    summary.parent.mkdir()
    summary.write_text("as it came")
    (checkout / "out").mkdir()
    (checkout / "out" / "summary.md").write_text("and another")
    done = run("Summary", checkout)
    shown = (checkout / "summary").read_text()
    assert done.returncode == 0 and "as it came" in shown and "and another" in shown, (done, shown)

    ours = [artifact(1, day=2), artifact(2, day=3), artifact(3, expired=True, day=9)]
    # A pull request from a fork whose branch is called main, and a branch of our own.
    others = [artifact(4, repository=8, day=8), artifact(5, branch="try", day=7)]
    archives = {number: {"answers.sqlite": whole, "mark": str(number)} for number in range(1, 6)}
    done, mark = brought_back(folder, others + ours, archives)
    assert done.returncode == 0 and mark == "2", (done, mark)

    damaged = {1: {"answers.sqlite": whole[:5000] + b"x" * 3000 + whole[8000:], "mark": "1"}}
    done, mark = brought_back(folder, [artifact(1)], damaged)
    assert done.returncode != 0, done
    assert "steps.store.outcome == 'success'" in steps["Keep the store"]["if"]
print("the steps of the workflow do what they say")

"""Holds what is printed against what the schedules themselves say. Usage: check.py PROGRAM PROJECT FOLDER"""

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

PROGRAM, PROJECT, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
OCCASIONS = 60


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def occasions(name):
    listed = json.loads(output(PROGRAM, "-C", PROJECT, "schedule", "next", name, "-n", str(OCCASIONS), "--json"))
    return [datetime.fromisoformat(one["due"].replace("Z", "+00:00")) for one in listed]


def calendar(timer, count):
    """When systemd would wake the timer up."""
    times = set()
    for line in re.findall(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE):
        told = output("env", "TZ=UTC", "systemd-analyze", "calendar", f"--iterations={count}", line)
        for day in re.findall(r"(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w+ (\S+ \S+) UTC", told):
            times.add(datetime.strptime(day, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc))
    return sorted(times)


def check_calendar(name):
    timer = FOLDER / f"score-tasks-{name}.timer"
    expected = occasions(name)
    found = calendar(timer, OCCASIONS)[:OCCASIONS]
    assert found == expected, f"{name}: systemd {found[:5]} ..., schedule next {expected[:5]} ..."
    print(f"{name}: systemd wakes it up at the {len(found)} occasions that come next")


def check_crontab(names):
    from croniter import croniter

    lines = {name: [] for name in names}
    for line in (FOLDER / "crontab").read_text().splitlines():
        if line and not line.startswith(("#", "CRON_TZ=")):
            fields = line.split(" ", 5)
            assert croniter.is_valid(" ".join(fields[:5])), line
            lines[re.search(r"--once (\S+)", fields[5]).group(1)].append(" ".join(fields[:5]))
    for name, crons in lines.items():
        assert crons, f"{name} has no line"
        for due in occasions(name):
            before = due - timedelta(seconds=1)
            woken = min(croniter(cron, before).get_next(datetime) for cron in crons)
            assert woken - due < timedelta(hours=1), f"{name}: due {due}, woken up {woken}"
        print(f"{name}: a crontab in UTC wakes it up with {len(crons)} lines")


def check_manifests():
    import yaml

    documents = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))
    for place, document in enumerate(documents):
        (FOLDER / f"manifest-{place}.yaml").write_text(yaml.safe_dump(document))
    files = [str(FOLDER / f"manifest-{place}.yaml") for place in range(len(documents))]
    validate = Path(sys.executable).parent / "kubernetes-validate"
    subprocess.run([validate, "--strict", *files], check=True)


names = re.findall(r'^name = "(.*)"$', (Path(PROJECT) / "config.toml").read_text(), re.MULTILINE)
judges = sys.argv[4:]
if "systemd" in judges:
    for each in names:
        check_calendar(each)
if "python" in judges:
    check_crontab(names)
    check_manifests()

"""Holds what is printed against what the schedules themselves say. Usage: check.py PROGRAM PROJECT FOLDER JUDGES"""

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

PROGRAM, PROJECT, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])
OCCASIONS = 60
# Where cron may be: none, whole hours, and parts of one, on both sides.
OFFSETS = [timedelta(hours=hours) for hours in (0, 1, -8, 5.5, 5.75, -3.5, 10.5)]


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@cache
def occasions(name):
    listed = json.loads(output(PROGRAM, "-C", PROJECT, "schedule", "next", name, "-n", str(OCCASIONS), "--json"))
    return [datetime.fromisoformat(one["due"].replace("Z", "+00:00")) for one in listed]


def check_woken(name, wakings, most):
    """Each occasion has a waking at it or so long after."""
    assert wakings, f"{name} is never woken up"
    for due in occasions(name):
        woken = min((at for at in wakings if at >= due), default=None)
        assert woken and woken - due <= most, f"{name}: due {due}, woken up {woken}"


def calendar(lines):
    """When systemd would wake the timer up."""
    times = set()
    for line in lines:
        told = output("env", "TZ=UTC", "systemd-analyze", "calendar", f"--iterations={5 * OCCASIONS}", line)
        for day in re.findall(r"(?:Next elapse|Iteration #\d+|Iter\. #\d+|\(in UTC\)): \w+ (\S+ \S+) UTC", told):
            times.add(datetime.strptime(day, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc))
    return sorted(times)


def check_calendar(name):
    timer = (FOLDER / f"score-tasks-{name}.timer").read_text()
    times, _, after_gaps = timer.partition("# systemd skips")
    lines, further = (re.findall(r"^OnCalendar=(.*)$", part, re.MULTILINE) for part in (times, after_gaps))
    named = calendar(lines)
    if further:
        skipped = [due for due in occasions(name) if due not in named]
        assert skipped, f"{name}: systemd skips nothing"
        check_woken(name, calendar(lines + further), timedelta(hours=2))
        print(f"{name}: systemd skips {len(skipped)} of {OCCASIONS} occasions, and wakes it up right after")
    else:
        assert named[:OCCASIONS] == occasions(name), f"{name}: systemd {named[:5]}, schedule next {occasions(name)[:5]}"
        print(f"{name}: systemd wakes it up at the {OCCASIONS} occasions that come next")


def clock(cron, zone, due, count=3):
    """The next times of a cron that goes by this clock, without those that the clock leaves out."""
    from croniter import croniter

    shown = due.astimezone(zone).replace(tzinfo=None) - timedelta(seconds=1)
    times = croniter(cron, shown)
    for _ in range(count):
        at = times.get_next(datetime).replace(tzinfo=zone).astimezone(timezone.utc)
        if at.astimezone(zone).replace(tzinfo=None) == times.get_current(datetime):
            yield at


def check_crontab(names):
    from croniter import croniter

    lines = [line for line in (FOLDER / "crontab").read_text().splitlines() if line and not line.startswith("#")]
    commands, crons = [], []
    for line in lines:
        if line.startswith("@reboot "):
            commands.append(line.removeprefix("@reboot sleep 60; "))
        else:
            fields = line.split(" ", 5)
            assert croniter.is_valid(" ".join(fields[:5])), line
            crons.append(" ".join(fields[:5]))
            commands.append(fields[5])
    assert len(commands) == len(crons) + 1 and len(set(commands)) == 1, commands
    # As cron gives it to its shell, with a program that tells what it was given.
    assert PROGRAM in commands[0], commands
    command = commands[0].replace("\\%", "%").replace(PROGRAM, "printf '%s\\n'")
    told = output("sh", "-c", command).splitlines()
    assert told == ["-C", PROJECT, "--quiet", "schedule", "run", "--once", *names, "--wait"], told
    for name in names:
        for offset in OFFSETS:
            wakings = [at for due in occasions(name) for cron in crons for at in clock(cron, timezone(offset), due)]
            check_woken(name, wakings, timedelta(minutes=59))
    print(f"the crontab wakes {len(names)} schedules up in {len(OFFSETS)} zones: {crons}")


def check_manifests():
    import yaml

    documents = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))
    for place, document in enumerate(documents):
        (FOLDER / f"manifest-{place}.yaml").write_text(yaml.safe_dump(document))
    files = [str(FOLDER / f"manifest-{place}.yaml") for place in range(len(documents))]
    validate = Path(sys.executable).parent / "kubernetes-validate"
    subprocess.run([validate, "--strict", *files], check=True)
    for job in documents[1:]:
        spec = job["spec"]
        container = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        name = container["command"][container["command"].index("--once") + 1]
        zone = ZoneInfo(spec["timeZone"])
        wakings = [at for due in occasions(name) for at in clock(spec["schedule"], zone, due, 5)]
        check_woken(name, wakings, timedelta(hours=2))
        first, last = occasions(name)[0], occasions(name)[-1]
        # More than 100 in this time, and the controller gives up.
        assert spec["startingDeadlineSeconds"] <= 100 * (last - first).total_seconds() / OCCASIONS, name
        places = [mount["mountPath"] for mount in container["volumeMounts"]]
        assert len(set(places)) == len(places), places
        assert all(not "/project/config.toml".startswith(place.rstrip("/") + "/") for place in places), places
    print(f"Kubernetes wakes {len(documents) - 1} schedules up")


names = re.findall(r'^name = "(.*)"$', (Path(PROJECT) / "config.toml").read_text(), re.MULTILINE)
judges = sys.argv[4:]
if "systemd" in judges:
    for each in names:
        check_calendar(each)
if "python" in judges:
    check_crontab(names)
    check_manifests()

#!/usr/bin/env python3
"""The unit for systemd: what it exposes, and that what it forbids is nothing that the server needs,
from its first start with no certificate and no index to a reload, a lost worker and the end."""

import functools
import os
import re
import shutil
import signal
import subprocess

import capsule
import gemini
import gopher
from server import PATIENCE_S, Server, main, wait_until, write_ini
from tap import environment

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = os.path.join(HERE, "../../systemd/inspir.service")
EXPOSURE_MAX = 1.5
NOBODY = 65534  # some user without rights


def settings():
    """Key -> all its values, in order."""
    values = {}
    with open(UNIT, encoding="utf-8") as file:
        for key, value in re.findall(r"^(\w+)=(.*)$", file.read(), re.MULTILINE):
            values.setdefault(key, []).append(value)
    return values


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True,
                          text=True, check=False, timeout=PATIENCE_S,
                          env={**environment(), "LC_ALL": "C"})


def exposure(tap, _program, _folder):
    if not shutil.which("systemd-analyze"):
        tap.skip("what the unit exposes", "systemd-analyze is not here")
        return
    told = analyze("security", "--offline=yes", UNIT)
    found = re.search(r"exposure level for inspir.service: ([\d.]+)", told.stdout)
    tap.ok(found and float(found.group(1)) <= EXPOSURE_MAX,
           f"the unit exposes {EXPOSURE_MAX} at most", told.stdout + told.stderr)
    told = analyze("verify", UNIT)
    faults = [line for line in told.stderr.splitlines() if "Command" not in line]
    tap.ok(not faults, "systemd understands the unit", "\n".join(faults))


@functools.lru_cache(maxsize=None)
def calls_in(group):
    """The system calls in a group and in the groups in it; a call is a group of its own."""
    if not group.startswith("@"):
        return frozenset([group])
    told = analyze("syscall-filter", group).stdout
    names = [line.strip() for line in told.splitlines()[1:] if not line.strip().startswith("#")]
    return frozenset().union(*(calls_in(name) for name in names if name))


def allowed_calls():
    allowed = set()
    for value in settings()["SystemCallFilter"]:
        calls = frozenset().union(*(calls_in(group) for group in value.lstrip("~").split()))
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed


def become_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def give_to_nobody(folder):
    if os.geteuid() != 0:
        return
    for place, folders, names in os.walk(folder):
        for name in [".", *folders, *names]:
            os.lchown(os.path.join(place, name), NOBODY, NOBODY)


def live(server):
    """All that a service goes through."""
    gemini.get(server.gemini, "/2016/02/wages.gmi")
    gopher.get(server.gopher, "/")
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: set(server.workers()) - set(before), "another worker")
    server.signal(signal.SIGHUP)
    wait_until(lambda: "inspir: reloaded" in server.complaints(), "the reload")
    return gemini.get(server.gemini, "/label/work/").status == 20


def system_calls(tap, program, folder):
    """Every call that is made is in the unit's list."""
    with open(program, "rb") as file:
        if b"__asan_init" in file.read():
            tap.skip("the unit's system calls", "a sanitizer makes calls of its own")
            return
    if not shutil.which("systemd-analyze") or not shutil.which("strace"):
        tap.skip("the unit's system calls", "systemd-analyze or strace is not here")
        return
    capsule.build(folder)
    ini = write_ini(folder)
    trace = os.path.join(folder, "trace")
    tracer = os.path.join(folder, "tracer")
    # A service of its own: strace stands between it and us, and is not what a signal is for.
    capsule.write(tracer, f'#!/bin/sh\nexec strace -D -f -qq -o "{trace}" "{program}" "$@"\n')
    os.chmod(tracer, 0o755)
    os.chmod(folder, 0o755)
    give_to_nobody(folder)
    with Server(tracer, ini, preexec_fn=become_nobody) as server:
        tap.ok(live(server), "serves, replaces a worker and reloads as a user without rights")
    with open(trace, encoding="utf-8", errors="replace") as file:
        # what is refused is refused with or without the unit
        made = set(re.findall(r"^\d+ +(\w+)\(", file.read(), re.MULTILINE))
    missing = made - allowed_calls()
    tap.ok(made and not missing, f"the unit allows all {len(made)} system calls", sorted(missing))


if __name__ == "__main__":
    main(exposure, system_calls)

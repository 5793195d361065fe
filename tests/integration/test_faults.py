#!/usr/bin/env python3
"""An import that is killed, or whose system calls fail, at every one of them (HARDENING 3.3): each
file and the index are whole, old or new, and the import that follows makes exactly the new capsule.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess

from importing import told
from server import PATIENCE_S, environment, main, preload
from unfinished import Scene, contents, difference, faults_after, faults_of_end, faults_of_next

AT_ONCE = 2

READS = ["openat", "openat2", "close", "flock"]
WRITES = ["write", "pwrite64", "ftruncate"]
NAMES = ["mkdirat", "renameat", "renameat2", "rename", "unlinkat", "unlink"]
FLUSHES = ["fsync", "fdatasync", "syncfs"]

# What may happen, and to which calls. A kill only matters where the disk is about to change.
FAULTS = {
    "signal=KILL": WRITES + NAMES + FLUSHES + ["openat"],
    "error=ENOSPC": WRITES + NAMES + FLUSHES + ["openat"],
    "error=EIO": READS + WRITES + NAMES + FLUSHES,
    "error=EINTR": READS + WRITES + FLUSHES,
    "error=EMFILE": ["openat", "openat2"],
}
KNOWN = sorted({name for names in FAULTS.values() for name in names})


def strace(scene, name, *options):
    """An import under strace in a place of its own; (the process, the root of the capsule)."""
    ini = scene.place(name)
    done = subprocess.run(
        ["strace", "-f", *options, *scene.command(ini)],
        capture_output=True, text=True, timeout=PATIENCE_S, env=environment(), check=False)
    return done, os.path.join(os.path.dirname(ini), "capsule")


def calls_of(scene):
    """Name of a system call -> the first and last of those that are made for the import itself."""
    trace = os.path.join(scene.folder, "trace")
    done, root = strace(scene, "watched", "-o", trace, "-e", "trace=" + ",".join(KNOWN))
    assert done.returncode == 0 and contents(root) == scene.new, told(done)
    assert isinstance(scene.new[".index.db"], list), scene.new[".index.db"]
    counts, before = {}, None
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            call = re.match(r"\d+ +(\w+)\(", line)
            if not call:
                continue
            if before is None and "inspir.ini" in line:
                before = dict(counts)
            counts[call.group(1)] = counts.get(call.group(1), 0) + 1
    return {name: (before.get(name, 0) + 1, count) for name, count in counts.items()
            if count > before.get(name, 0)}


def judge_end(scene, fault, name, done, now):
    """What is wrong with how a disturbed import ended."""
    if fault == "signal=KILL":
        return [] if done.returncode == -9 else [f"ended with {done.returncode}"]
    faults = faults_of_end(scene, done, now)
    lines = done.stderr.splitlines()
    if done.returncode not in (0, 1) and name != "write" and (
            len(lines) != 1 or not lines[0].startswith("inspir: ")):
        faults.append("not one line that says why")
    return faults


def attempt(scene, fault, name, number):
    """One disturbed import and the one after it; what is wrong with them."""
    label = f"{name}-{number}-{fault[-4:]}"
    hurry = [] if fault == "signal=KILL" else ["--seccomp-bpf"]  # which swallows signals
    done, root = strace(scene, label, "-o", "/dev/null", "-e", f"trace={name}", "-e",
                        f"inject={name}:{fault}:when={number}", *hurry)
    now = contents(root)
    faults = judge_end(scene, fault, name, done, now) + faults_after(scene, done, now) + \
        faults_of_next(scene, root)
    return [f"{name} {number} {fault}: {', '.join(faults)}\n{told(done)}"] if faults else []


def calls_that_fail(tap, program, folder):
    """Every fault at every call."""
    with open(program, "rb") as file:
        if b"__asan_init" in file.read():
            tap.skip("faults at every call", "the leak sanitizer cannot be traced")
            return
    if not shutil.which("strace"):
        tap.skip("faults at every call", "strace is not here")
        return
    scene = Scene(program, folder)
    calls = calls_of(scene)
    for fault, names in FAULTS.items():
        pairs = [(name, number) for name in names if name in calls
                 for number in range(calls[name][0], calls[name][1] + 1)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda pair, fault=fault: attempt(scene, fault, *pair), pairs))
        wrong = [text for texts in found for text in texts]
        tap.ok(pairs and not wrong, f"{fault} at {len(pairs)} calls",
               f"{len(wrong)} of {len(pairs)}\n" + "\n".join(wrong[:20]))


def short_writes(tap, program, folder):
    """Writes that take half of their bytes."""
    library = preload(program, folder, "short")
    if not library:
        tap.skip("short writes", "no compiler, or a sanitizer that wants to be loaded first")
        return
    scene = Scene(program, folder)
    ini = scene.place("short")
    done = subprocess.run(scene.command(ini), capture_output=True, text=True, check=False,
                          timeout=PATIENCE_S, env={**environment(), "LD_PRELOAD": library})
    now = contents(os.path.join(os.path.dirname(ini), "capsule"))
    tap.ok(done.returncode == 0 and now == scene.new, "short writes change nothing",
           f"{difference(now, scene.new)} {told(done)}")


if __name__ == "__main__":
    main(calls_that_fail, short_writes)

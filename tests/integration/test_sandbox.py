#!/usr/bin/env python3
"""What is left to a worker that has been taken over: build/evil/inspir tries each way out, by name,
and is asked what came of it (evil.c). Plain programs are asked whether they confine themselves."""

import concurrent.futures
import os
import re
import shutil
import stat

import capsule
import gemini
from server import SANDBOX, Server, main, run, wait_until, write_ini

EVIL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/evil/inspir")
NOBODY = 65534
CONNECTIONS, FILES = 104, 298  # 2 for each, and for each of 13 that are told so, and 64
SPACE = (1024 + CONNECTIONS // 8) << 20  # 128 KiB for each, and 1 GiB

# Refused with EACCES: the C library may try these, and Landlock can only refuse.
REFUSED = """
    open-passwd open-outside open2-passwd open2-outside open2-folder-outside open2-link-out
    open2-proc-root open2-proc-mem open2-proc-environ open2-descriptor open2-write open2-append
    open2-create open2-create-nameless open2-truncate
    socket-inet socket-inet6 socket-unix socket-netlink
""".split()

# Not on the list of calls: where the sandbox is required the end of the worker, else EPERM.
FATAL = """
    truncate ftruncate unlink rename link symlink mkdir mkfifo chmod fchmod chown utimes setxattr
    flock list chdir execve execveat memfd-create fork clone3 ptrace-supervisor ptrace-sibling
    process-vm-readv pidfd-open kill-supervisor kill-sibling tgkill-sibling signal-by-fcntl
    unset-append prlimit socketpair connect bind listen sendto-address setsockopt sendmsg mmap-exec
    mmap-file-exec mprotect-exec pkey-mprotect-exec setuid-root setgroups capset chroot mount
    unshare setns io-uring bpf perf-event userfaultfd keyctl personality dumpable tiocsti landlock
""".split()

# What succeeds without a sandbox, so that the rows above prove something.
POSSIBLE = """
    open-passwd open2-passwd open2-outside open2-link-out open2-proc-root open2-descriptor list fork
    socket-inet socketpair memfd-create mmap-exec mprotect-exec pidfd-open dumpable open2-write
    open2-create open2-truncate mkdir rename
""".split()


def snapshot(folder):
    """Everything that a worker must not change: names, kinds, owners, sizes, times, content."""
    seen = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            info = os.lstat(path)
            content = b""
            if stat.S_ISREG(info.st_mode) and name != "stderr.txt":
                with open(path, "rb") as file:
                    content = file.read()
            times = 0 if name == "stderr.txt" else (info.st_size, info.st_mtime_ns)
            seen[path] = (info.st_mode, info.st_uid, info.st_gid, times, content)
    return seen


def attempt(server, name):
    """(what came of it, what else is wrong)"""
    before = server.workers()
    query = ",".join(str(pid) for pid in [server.process.pid, *before])
    try:
        answer = gemini.get(server.gemini, f"/evil/{name}?{query}")
        outcome = answer.text if answer.status == 20 else ""
    except OSError:
        outcome = ""
    if not outcome:
        ended = wait_until(lambda: re.findall(r"a worker was ended by signal (\d+)",
                                              server.complaints()), "the end of a worker")
        outcome = f"signal {' '.join(ended)}"
    faults = []
    left = set(before) & set(server.workers())
    if len(left) != (1 if outcome.startswith("signal") else 2):
        faults.append(f"of the workers {before} {left} are left")
    if server.process.poll() is not None:
        faults.append("the supervisor ended")
    if gemini.get(server.gemini, "/about.gmi").body != capsule.FILES["about.gmi"].encode():
        faults.append("the other worker does not serve")
    return outcome, faults


def evil(tap, folder):
    """Every attempt where the sandbox is required; whom a refusal does not kill serves on."""
    capsule.build(folder)
    user = {"user": "nobody"} if os.getuid() == 0 else {}
    ini = write_ini(folder, {"server": {"workers": "2", "sandbox": "require", **user}})
    with Server(EVIL, ini):
        before = snapshot(folder)

    def row(server, name, expected):
        outcome, faults = attempt(server, name)
        tap.ok(outcome == expected and not faults, f"required: {name}: {expected}",
               f"{outcome} {faults} {server.complaints()}")

    with Server(EVIL, ini) as server:
        for name in REFUSED:
            row(server, name, "EACCES")
    for name in FATAL:
        with Server(EVIL, ini) as server:
            row(server, name, "signal 31")
    changed = sorted(set(before.items()) ^ set(snapshot(folder).items()))
    tap.ok(not changed, "required: nothing has changed", [path for path, _ in changed])


def circles(folder):
    """(what came of a worker that runs in circles, what else is wrong)"""
    capsule.build(folder)
    ini = write_ini(folder, {"server": {"workers": "2", "sandbox": "require"}})
    with Server(EVIL, ini) as server:
        return attempt(server, "circles")


def evil_and_circles(tap, program, folder):
    """Side by side: circles take their time."""
    if not can_be_evil(tap, program):
        return
    places = [os.path.join(folder, str(number)) for number in range(2)]
    for place in places:
        os.mkdir(place)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        circled = pool.submit(circles, places[0])
        evil(tap, places[1])
        tap.ok(circled.result() == ("signal 27", []),
               "a worker that runs in circles is ended, the other serves", circled.result())


def evil_where_tried(tap, program, folder):
    """Where the sandbox is tried every attempt fails, whoever started the server."""
    if not can_be_evil(tap, program):
        return
    starts = [("started by anybody", EVIL)]
    if os.getuid() == 0:
        starts = [("root", EVIL), ("nobody", unprivileged(folder, EVIL))]
    for who, evil_program in starts:
        place = os.path.join(folder, who.replace(" ", "-"))
        os.mkdir(place)
        capsule.build(place)
        if who == "nobody":
            give_away(place)
        ini = write_ini(place, {"server": {"workers": "2", "sandbox": "try"}})
        with Server(evil_program, ini) as server:
            before = snapshot(place)
            outcomes = {name: attempt(server, name) for name in REFUSED + FATAL}
        expected = {name: ("EACCES" if name in REFUSED else "EPERM", [])
                    for name in REFUSED + FATAL}
        wrong = {name: outcome for name, outcome in outcomes.items() if outcome != expected[name]}
        tap.ok(not wrong, f"tried, {who}: each of {len(outcomes)} attempts fails", wrong)
        changed = sorted(set(before.items()) ^ set(snapshot(place).items()))
        tap.ok(not changed, f"tried, {who}: nothing has changed", [path for path, _ in changed])


def evil_without_sandbox(tap, program, folder):
    """The attempts are real: what is possible succeeds when nothing forbids it."""
    if not can_be_evil(tap, program):
        return
    capsule.build(folder)
    ini = write_ini(folder, {"server": {"workers": "2", "sandbox": "off"}})
    with Server(EVIL, ini) as server:
        query = ",".join(str(pid) for pid in [server.process.pid, *server.workers()])
        for name in POSSIBLE:
            answer = gemini.get(server.gemini, f"/evil/{name}?{query}")
            tap.ok(answer.text == "succeeded", f"off: {name} succeeds", answer)


def can_be_evil(tap, program):
    reason = None
    if not os.path.exists(EVIL):
        reason = "make EVIL=1 was not run"
    elif SANDBOX != "require":
        reason = "this kernel has no Landlock"
    elif "/san/" in program:
        reason = "one build is enough"
    if reason:
        tap.skip("a worker that has been taken over", reason)
    return not reason


def unprivileged(folder, program):
    """A command that runs a copy of the program as nobody."""
    os.chmod(folder, 0o755)
    copy, command = os.path.join(folder, "program"), os.path.join(folder, "as-nobody")
    shutil.copy(program, copy)
    with open(command, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups "
                   f"{copy} \"$@\"\n")
    os.chmod(command, 0o755)
    return command


def give_away(folder):
    for place, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(place, name), NOBODY, NOBODY, follow_symlinks=False)


def status_of(pid):
    """What the kernel says of a process: name -> words."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.rstrip("\n").split(":", 1) for line in file)
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    return {**{name: words.split() for name, words in fields.items()}, **limits}


def confinement(tap, program, folder):
    """How a worker stands, by the mode and by who started the server."""
    is_root, is_sanitized = os.getuid() == 0, "/san/" in program
    capsule.build(folder)
    limits = {"limits": {"connections": CONNECTIONS}}
    for mode in ("off", "try", "require"):
        if mode == "require" and SANDBOX != "require":
            tap.skip("sandbox = require", "this kernel has no Landlock")
            continue
        for user in ["", "nobody"][:1 + is_root]:
            keys = {"sandbox": mode, **({"user": user} if user else {})}
            with Server(program, write_ini(folder, {"server": keys, **limits})) as server:
                now = status_of(server.workers()[0])
                page = gemini.get(server.gemini, "/about.gmi")
                hidden = gemini.get(server.gemini, "/link-abs")
            who = f"sandbox = {mode}, user = {user}"
            on = mode != "off"
            tap.ok(page.status == 20 and hidden.status == 51, f"{who}: serves", (page, hidden))
            tap.ok(now["Uid"] == [str(NOBODY if user else os.getuid())] * 4, f"{who}: the user",
                   now["Uid"])
            tap.ok(now["Max open files"] == [str(FILES)] * 2, f"{who}: open files",
                   now["Max open files"])
            tap.ok((now["NoNewPrivs"], now["Seccomp"]) == (["1"], ["2"]) if on
                   else now["Seccomp"] == ["0"], f"{who}: seccomp", now)
            tap.ok(not on or now["Max core file size"] == ["0", "0"], f"{who}: no core", now)
            tap.ok(not on or is_sanitized or now["Max processes"] == ["0", "0"],
                   f"{who}: no processes", now)
            tap.ok(not on or is_sanitized or now["Max address space"] == [str(SPACE)] * 2,
                   f"{who}: address space", now)
            kept = 0b110 if is_root and not user else 0  # DAC_OVERRIDE and DAC_READ_SEARCH
            tap.ok(not on or all(int(now[name][0], 16) & ~kept == 0
                                 for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")),
                   f"{who}: no power but reading", now)


def stranger(tap, program, folder):
    """A user that does not exist ends the start, whatever the mode."""
    if os.getuid() != 0:
        tap.skip("a user that does not exist", "only root becomes another")
        return
    capsule.build(folder)
    for mode in ("off", "try", "require"):
        ini = write_ini(folder, {"server": {"user": "no-such-user", "sandbox": mode}})
        done = run(program, "serve", "-c", ini)
        lines = done.stderr.splitlines()
        tap.ok(done.returncode != 0 and len(lines) == 1 and "no-such-user" in lines[0] and
               not done.stdout, f"sandbox = {mode}: a user that does not exist",
               f"{done.returncode} {done.stderr}")


if __name__ == "__main__":
    main(evil_and_circles, evil_where_tried, evil_without_sandbox, confinement, stranger)

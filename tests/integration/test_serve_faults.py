#!/usr/bin/env python3
"""A worker whose system calls fail, each of them while it answers (HARDENING 3.3): who asked gets a
whole answer, a temporary failure, or an end that cannot be taken for one; the next is served."""

import concurrent.futures
import contextlib
import os
import re
import shutil

import capsule
import gemini
import gopher
from server import Server, main, write_ini
from tracing import Trace, calls_in

WELCOME = ["accept4"]
READS = ["read", "recvfrom", "recvmsg", "pread64"]
WRITES = ["write", "sendto", "sendmsg", "writev"]
OPENINGS = ["openat2", "openat"]
FILES = OPENINGS + ["fstat", "newfstatat", "statx", "lseek"]
EVENTS = ["epoll_wait", "epoll_pwait", "epoll_ctl"]
ENDS = ["close", "shutdown", "ioctl", "setsockopt", "getsockopt", "fcntl"]

FAULTS = {
    "EINTR": WELCOME + READS + WRITES + OPENINGS + ["epoll_wait", "epoll_pwait"],
    "ECONNABORTED": WELCOME,
    "EMFILE": WELCOME + OPENINGS,
    "ENFILE": WELCOME + OPENINGS,
    "ENOBUFS": WELCOME + WRITES,
    "ENOMEM": WELCOME + FILES + READS + ["epoll_ctl"],
    "EIO": READS + FILES + ENDS,
    "EPIPE": WRITES,
    "ECONNRESET": READS + WRITES,
    "EAGAIN": WELCOME + ["read", "recvfrom", "recvmsg"] + WRITES,
}
AT_ONCE = 4  # servers
EVERY = 1000
MOST = {"accept4": 1}  # of a call: after some failures the worker waits for a second
# Nobody notices these. Who waits while the system has no room may be sent away.
HARMLESS = {("accept4", "ECONNABORTED"), *((name, "EINTR") for name in FAULTS["EINTR"])}
# What a page goes without when it cannot be read: the offer of a book, words of what was found.
OFFER = re.compile(rb"^=> \S+\.gpub [^\n]*\n|^> [^\n]*\n", re.MULTILINE)
KNOWN = sorted({name for names in FAULTS.values() for name in names})

PAGES = ["/2016/02/wages.gmi", "/label/work/", "/search?boats", "/label/work", "/nothing"]
SELECTORS = ["/2016/02/wages.txt", "/noise.bin"]
NOISE = 40000  # bytes: more than one reading


def ask_all(server):
    """(bytes, ending) of an answer of each kind."""
    answers = []
    for path in PAGES:
        try:
            answer = gemini.get(server.gemini, path)
            answers.append((answer.raw, answer.ending))
        except OSError:
            answers.append((b"", "reset"))
    return answers + [gopher.ask(server.gopher, selector.encode() + b"\r\n")
                      for selector in SELECTORS]


def calls_of(server, folder):
    """Name of a system call -> how often the worker makes it."""
    output = os.path.join(folder, "trace")
    with Trace(server.workers()[0], output, "-e", "trace=" + ",".join(KNOWN)) as trace:
        ask_all(server)
    return calls_in(output, trace.pid).get(trace.pid, {}), trace.said


def judge(call, error, good, got):
    """What is wrong with the answers that a worker gave while one of its calls failed."""
    faults = []
    for (expected, _), (raw, ending) in zip(good, got):
        if ending == "close_notify":
            expected, raw = OFFER.sub(b"", expected), OFFER.sub(b"", raw)
        if (raw, ending) in ((expected, "close_notify"), (expected, "eof")):
            continue
        if (call, error) in HARMLESS:
            faults.append(f"not as ever: {raw[:60]!r} {len(raw)} {ending}")
        elif re.match(rb"4[01] [^\r\n]+\r\n$|3[^\t]+\t\terror\.host\t1\r\n\.\r\n$", raw):
            continue  # said to be temporary
        elif raw and ending in ("close_notify", "eof") or raw == expected[:len(raw)] == b"" \
                and ending == "close_notify":
            faults.append(f"looks whole: {raw[:60]!r} {len(raw)} {ending}")
        elif ending == "timeout":
            faults.append("no end")
    return faults


def attempt(server, error, name, number, good):
    """What is wrong when that call of the worker fails."""
    with Trace(server.workers()[0], os.devnull, "-e", f"trace={name}", "-e",
               f"inject={name}:error={error}:when={number}"):
        faults = judge(name, error, good, ask_all(server))
    if ask_all(server) != good:
        faults.append("serves worse afterwards")
    return faults and [f"{name} {number}: {', '.join(faults)}"]


def calls_that_fail(tap, program, folder):
    if not shutil.which("strace"):
        tap.skip("faults at every call", "strace is not here")
        return
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "noise.bin"), bytes(range(256)) * (NOISE // 256))
    # What strace keeps from the kernel, seccomp takes for a call that is not allowed.
    ini = write_ini(folder, {"server": {"sandbox": "off"}, "limits": {"request_s": "5"}})
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(program, ini)) for _ in range(AT_ONCE)]
        try_all(tap, folder, servers)


def try_all(tap, folder, servers):
    for server in servers:
        ask_all(server)
    good = [ask_all(server) for server in servers]
    counts, said = calls_of(servers[0], folder)
    if not counts:
        tap.skip("faults at every call", f"strace cannot look into a process: {said.strip()}")
        return
    workers = [server.workers() for server in servers]
    for error, names in FAULTS.items():
        pairs = [(name, number) for name in names for number in
                 range(1, min(counts.get(name, 0), MOST.get(name, EVERY)) + 1)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda place, error=error, pairs=pairs: [
                text for pair in pairs[place::AT_ONCE]
                for text in attempt(servers[place], error, *pair, good[place])], range(AT_ONCE)))
        wrong = [text for texts in found for text in texts]
        tap.ok(not wrong and [server.workers() for server in servers] == workers,
               f"{error} at {len(pairs)} calls", f"{len(wrong)} wrong\n" + "\n".join(wrong[:20]))


if __name__ == "__main__":
    main(calls_that_fail)

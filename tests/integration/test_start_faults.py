#!/usr/bin/env python3
"""A start, and a reload that makes certificates and an index, whose system calls fail, each of them
(HARDENING 3.3). A start succeeds, or says in lines of ours what cannot be done; after a reload the
new configuration serves or the former one, and the next reload is like any. With a second argument
N: each N-th call instead of some."""

import concurrent.futures
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import capsule
import gemini
from server import PATIENCE_S, Server, is_sanitized, main, run, wait_until, write_ini
from tap import environment
from tracing import Trace, calls_in
from unfinished import REFUSALS

AT_ONCE = 2  # servers
EACH = 41    # so-manieth fault, unless the second argument says otherwise
MOST = 400   # of a call; a worker makes some of them for each client that it may ever have

OPENINGS = ["openat", "openat2"]
READS = ["read", "pread64", "getdents64", "recvmsg"]
LOOKS = ["newfstatat", "lseek", "flock", "access"]
WRITES = ["write", "pwrite64", "ftruncate", "sendmsg"]
NAMES = ["mkdir", "rename", "renameat2", "unlink", "rmdir", "fchmod"]
FLUSHES = ["fsync", "syncfs"]
MADE = ["pipe2", "socketpair", "epoll_create1", "socket", "clone"]
WAITS = ["poll", "rt_sigtimedwait", "wait4", "epoll_wait"]
SETTINGS = ["setsockopt", "bind", "listen", "prlimit64", "prctl", "setitimer"]

FAULTS = {
    "EINTR": OPENINGS + READS + WRITES + FLUSHES + WAITS,
    "EMFILE": OPENINGS + MADE,
    "ENOMEM": OPENINGS + LOOKS + MADE + ["mmap", "brk"],
    "ENOSPC": WRITES + NAMES + FLUSHES,
    "EIO": OPENINGS + READS + LOOKS + WRITES + NAMES + FLUSHES,
    "EAGAIN": ["clone", "getrandom"],
    "EPERM": SETTINGS + NAMES,
}
# Whoever is only interrupted goes on; but what reads folders or settings is not interrupted.
HARMLESS = {(name, "EINTR") for name in ["pread64", "recvmsg", "epoll_wait", *WRITES, *WAITS]}
# Of a reload, tried each time: they once did more harm than they should.
MET = {"EINTR": [("read", 8)], "EIO": [("sendmsg", 1), ("recvmsg", 1)]}
KNOWN = sorted({name for names in FAULTS.values() for name in names})


class Scene:
    """A folder to serve from, as it is before each attempt."""

    def __init__(self, program, folder):
        os.makedirs(folder)
        self.program = program
        self.folder = folder
        self.root = capsule.build(folder)
        # What strace keeps from the kernel, seccomp takes for a call that is not allowed.
        self.ini = write_ini(folder, {"server": {"sandbox": "off"}})

    def forget(self):
        """Certificates and index have to be made again."""
        shutil.rmtree(os.path.join(self.folder, "certs"), ignore_errors=True)
        for name in os.listdir(self.root):
            path = os.path.join(self.root, name)
            if name == ".index.db.books":
                shutil.rmtree(path)
            elif name.startswith(".index.db"):
                os.unlink(path)

    def faults(self):
        """Whether what stands there is whole."""
        again = run(self.program, "check", "-c", self.ini)
        pair = [os.path.exists(os.path.join(self.folder, "certs", name))
                for name in ("cert.pem", "key.pem")]
        broken = all(pair) and again.returncode not in (0, 1)
        return [f"what it left is not whole: {again.stderr}"] if broken else []


def is_served(address):
    try:
        return gemini.get(address, "/about.gmi").status == 20
    except OSError:
        return False


def injection(call, error, number):
    """Options of strace: that call of each process fails."""
    return ["-f", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]


def lines_faults(complaints):
    return [f"says {line!r}" for line in complaints.splitlines()
            if not re.match(r"inspir: \S|(gemini|gopher) \d\d ", line)]


def start(scene, *options):
    """A server that is traced from its first call on; the tracer is not its parent."""
    return subprocess.Popen(
        ["strace", "-D", "-q", *options, scene.program, "serve", "-c", scene.ini],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment())


def calls_of_start(scene):
    """Call -> the numbers of those that the server makes itself, once it reads its settings."""
    trace = os.path.join(scene.folder, "trace")
    scene.forget()
    with start(scene, "-o", trace, "-e", "trace=" + ",".join(KNOWN)) as started:
        ready = started.stdout.readline()
        started.terminate()
        complaints = started.communicate()[1]
    assert ready.startswith("ready "), complaints
    counts, before = {}, None
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            if before is None and "inspir.ini" in line:
                before = dict(counts)
            name = line.split("(")[0]
            counts[name] = counts.get(name, 0) + 1
    return {name: range(before.get(name, 0) + 1, count + 1) for name, count in counts.items()}


def try_start(scene, error, call, number):
    """What is wrong with a start in which that fails."""
    scene.forget()
    with start(scene, "-o", os.devnull, *injection(call, error, number)) as started:
        timer = threading.Timer(PATIENCE_S, started.kill)
        timer.start()
        ready = re.match(r"ready gemini (\S+):(\d+)$", started.stdout.readline())
        if ready:
            address = ready.group(1), int(ready.group(2))
            wait_until(lambda: started.poll() is not None or is_served(address), "a page")
            started.terminate()
        complaints = started.communicate()[1]
        timer.cancel()
    faults = lines_faults(complaints) + scene.faults()
    if not ready and (call, error) in HARMLESS:
        faults.append("did not start")
    if started.returncode not in ({0} if ready else REFUSALS):
        faults.append(f"ended with {started.returncode}")
    return faults and [f"{call} {number}: {', '.join(faults)}\n{complaints}"]


def reload_traced(server, scene, *options):
    """Everything is made again while strace does what the options say; (what was told, what strace
    said)."""
    scene.forget()
    before, workers = len(server.complaints()), set(server.workers())
    with Trace(server.process.pid, *options) as trace:
        server.signal(signal.SIGHUP)
        wait_until(lambda: server.process.poll() is not None or  # what is told may be lost
                   "inspir: reload" in server.complaints()[before:] or
                   workers.isdisjoint(server.workers()), "an end of the reload")
    return server.complaints()[before:], trace.said


def calls_of_reload(scene):
    """Call -> the numbers of those that any process makes; and what strace said."""
    trace = os.path.join(scene.folder, "trace")
    with Server(scene.program, scene.ini) as server:
        pid = server.process.pid
        _, said = reload_traced(server, scene, trace, "-f", "-e", "trace=" + ",".join(KNOWN))
    most = {}
    for counts in calls_in(trace, pid).values():
        for name, count in counts.items():
            most[name] = max(most.get(name, 0), count)
    return {name: range(1, count + 1) for name, count in most.items()}, said


def reload_faults(server, scene, error, call, number):
    complaints, _ = reload_traced(server, scene, os.devnull, *injection(call, error, number))
    if server.process.poll() is not None:
        return ["ended"]
    faults = lines_faults(complaints) + scene.faults()
    if (call, error) in HARMLESS and "inspir: reloaded" not in complaints:
        faults.append("did not reload")
    wait_until(lambda: is_served(server.gemini), "a page")
    before = server.complaints().count("inspir: reloaded")
    server.signal(signal.SIGHUP)
    wait_until(lambda: server.process.poll() is not None or
               server.complaints().count("inspir: reloaded") > before, "another reload")
    return faults


def try_reload(scene, error, call, number):
    """What is wrong with a reload in which that fails, and with the one after it."""
    faults = []
    try:
        with Server(scene.program, scene.ini) as server:
            faults += reload_faults(server, scene, error, call, number)
    except AssertionError as failure:
        faults.append(str(failure))
    return faults and [f"{call} {number}: {', '.join(faults)}\n{server.complaints()}"]


def chosen(calls, names, each, skip):
    """Some of the (call, number) of these names, each so-manieth but for the first ones."""
    pairs = []
    for name in names:
        numbers = calls.get(name, ())
        rest = numbers[MOST:]
        pairs += [(name, number) for number in [*numbers[:MOST], *rest[::len(rest) // MOST + 1]]]
    return pairs[skip % each::each] or pairs[:1]


def try_all(tap, what, calls, attempts, met):
    """Each attempt is a function that takes an error, a call and its number."""
    each = int(sys.argv[2]) if len(sys.argv) > 2 else EACH
    for skip, (error, names) in enumerate(FAULTS.items()):
        pairs = chosen(calls, names, each, skip * EACH // len(FAULTS))
        pairs += [pair for pair in met.get(error, []) if pair not in pairs]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda place, error=error, pairs=pairs: [
                text for pair in pairs[place::len(attempts)]
                for text in attempts[place](error, *pair)], range(len(attempts))))
        wrong = [text for texts in found for text in texts]
        tap.ok(pairs and not wrong, f"{what}: {error} at {len(pairs)} calls",
               f"{len(wrong)} wrong\n" + "\n".join(wrong[:20]))


def faults_at_calls(tap, program, folder):
    if is_sanitized(program) or not shutil.which("strace"):
        tap.skip("faults at every call", "strace is not here, or a sanitizer is")
        return
    scenes = [Scene(program, os.path.join(folder, str(number))) for number in range(AT_ONCE)]
    calls, said = calls_of_reload(scenes[0])
    if not calls:
        tap.skip("faults at every call", f"strace cannot look into a process: {said.strip()}")
        return
    try_all(tap, "a reload", calls, [functools.partial(try_reload, scene) for scene in scenes],
            MET)
    try_all(tap, "a start", calls_of_start(scenes[0]),
            [functools.partial(try_start, scene) for scene in scenes], {})


if __name__ == "__main__":
    main(faults_at_calls)

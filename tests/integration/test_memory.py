#!/usr/bin/env python3
"""No memory: every allocation of a start, a reload and a request fails, once or from then on
(HARDENING 3.3). The process says one line and ends with 71, another takes a worker's place, and
nothing half-written stays. With a second argument N: each N-th allocation instead of some."""

import concurrent.futures
import functools
import mmap
import os
import re
import shutil
import signal
import struct
import subprocess
import sys

import capsule
import gemini
import gopher
from server import PATIENCE_S, Server, is_alive, main, preload, run, wait_until, write_ini
from tap import environment

AT_ONCE = 2
CONTROL = struct.Struct("5q")  # as in nomem.c: count, fail_at, fail_for, failed, pid
EVER = 1 << 60
MODES = {"once": 1, "from then on": EVER}
STEPS = {"start": 997, "reload": 997, "request": 41}  # primes, so that no pattern hides a place
NO_MEMORY = 71

# Name -> (protocol, path, what a good answer begins with).
REQUESTS = {
    "a file": ("gemini", "/about.gmi", b"20 "),
    "a list": ("gemini", "/label/work/", b"20 "),
    "a redirect": ("gemini", "/label/work", b"31 "),
    "an error": ("gemini", "/nothing", b"51 "),
    "a menu": ("gopher", "/", b"i"),
    "a text": ("gopher", "/2016/02/wages.txt", b"Wages"),
}


class Control:
    """The file by which a test tells the preloaded library which allocation fails."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "control")
        with open(self.path, "wb") as file:
            file.write(bytes(CONTROL.size))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), CONTROL.size)

    def arm(self, fail_at, fail_for, pid=0):
        self.map[:] = CONTROL.pack(0, fail_at, fail_for, 0, pid)

    @property
    def count(self):
        return CONTROL.unpack(self.map[:])[0]

    @property
    def failed(self):
        return CONTROL.unpack(self.map[:])[3]


class Scene:
    """A folder to serve from, and the environment in which memory can end."""

    def __init__(self, program, library, folder):
        os.makedirs(folder)
        self.program = program
        self.folder = folder
        self.root = capsule.build(folder)
        self.ini = write_ini(folder)
        self.control = Control(folder)
        self.met = 0  # attempts in which something failed
        self.surroundings = {"LD_PRELOAD": library, "NOMEM_CONTROL": self.control.path}

    def serve(self):
        return Server(self.program, self.ini, surroundings=self.surroundings)

    def forget(self):
        """As before the first start."""
        shutil.rmtree(os.path.join(self.folder, "certs"), ignore_errors=True)
        for name in (".index.db", ".index.db.tmp"):
            if os.path.exists(os.path.join(self.root, name)):
                os.unlink(os.path.join(self.root, name))


# libmagic 5.44 frees what it did not get, and the C library then ends the process that makes the
# index: its loss is one that the supervisor bears, and nobody else meets libmagic.
HEAP_CHECKS = re.compile(r"double free|free\(\)|munmap_chunk\(\)|corrupted|malloc\(\)|realloc\(\)")


def lines_faults(complaints):
    """Whoever had no memory says so in lines of ours."""
    return [f"says {line!r}" for line in complaints.splitlines()
            if not re.match(r"inspir: \S", line) and not HEAP_CHECKS.match(line)]


def count_start(scene):
    """The first allocation that is the program's own, and the last until it is ready."""
    subprocess.run([scene.program, "version"], env={**environment(), **scene.surroundings},
                   check=True, capture_output=True)
    first = scene.control.count
    scene.control.arm(0, 0)
    with scene.serve():
        return range(first, scene.control.count)


def try_start(scene, number, fail_for):
    """What is wrong with a start in which the allocation fails."""
    scene.forget()
    scene.control.arm(number, fail_for)
    with subprocess.Popen([scene.program, "serve", "-c", scene.ini], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**environment(), **scene.surroundings}) \
            as started:
        ready = started.stdout.readline()
        failed = scene.control.failed
        scene.met += failed > 0
        scene.control.arm(0, 0)
        if ready:
            started.terminate()
        _, complaints = started.communicate(timeout=PATIENCE_S)
    complaints = complaints.decode("utf-8", "backslashreplace")
    faults = lines_faults(complaints)
    expected = {0, NO_MEMORY} if ready and failed else {0} if ready else {NO_MEMORY}
    if started.returncode not in expected:
        faults.append(f"ended with {started.returncode}")
    if not ready and not failed:
        faults.append("nothing failed, but it did not start")
    again = run(scene.program, "check", "-c", scene.ini)
    pair = [os.path.exists(os.path.join(scene.folder, "certs", name))
            for name in ("cert.pem", "key.pem")]
    if all(pair) and again.returncode != 0:
        faults.append(f"what it left is not whole: {again.stderr}")
    return faults and [f"{number}: {', '.join(faults)}\n{complaints}"]


def try_reload(scene, number, fail_for):
    """The supervisor may end as well: then its workers do, too."""
    scene.control.arm(0, 0)
    server = scene.serve()
    workers = server.workers()
    scene.control.arm(number, fail_for)
    server.signal(signal.SIGHUP)
    wait_until(lambda: server.process.poll() is not None or "reload" in server.complaints(),
               "an end of the reload")
    scene.met += scene.control.failed > 0
    scene.control.arm(0, 0)
    faults = lines_faults(server.complaints())
    if server.process.poll() is None:
        if gemini.get(server.gemini, "/about.gmi").status != 20:
            faults.append("serves no longer")
        faults += [text for text in [server.stop()] if text]
    elif server.stop() and server.process.returncode != NO_MEMORY:
        faults.append(f"ended with {server.process.returncode}")
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers to end")
    return faults and [f"{number}: {', '.join(faults)}\n{server.complaints()}"]


def count_reload(scene):
    with scene.serve() as server:
        scene.control.arm(0, 0)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "reloaded" in server.complaints(), "the reload")
        return range(1, scene.control.count)


def ask(server, protocol, path):
    """The answer, as much of it as came."""
    if protocol == "gopher":
        return gopher.ask(server.gopher, path.encode() + b"\r\n")[0]
    try:
        return gemini.get(server.gemini, path).raw
    except (ConnectionError, OSError):
        return b""


def warm_up(server):
    for protocol, path, _ in REQUESTS.values():
        ask(server, protocol, path)


def count_request(name, scene):
    protocol, path, good = REQUESTS[name]
    with scene.serve() as server:
        warm_up(server)
        scene.control.arm(0, 0, server.workers()[0])
        assert ask(server, protocol, path).startswith(good)
        return range(1, scene.control.count)


def try_request(name, scene, number, fail_for):
    protocol, path, good = REQUESTS[name]
    scene.control.arm(0, 0)
    faults = []
    with scene.serve() as server:
        warm_up(server)
        worker = server.workers()[0]
        scene.control.arm(number, fail_for, worker)
        answer = ask(server, protocol, path)
        scene.met += scene.control.failed > 0
        wait_until(lambda: ask(server, protocol, path).startswith(good), "a good answer again")
        complaints = [line for line in server.complaints().splitlines()
                      if line.startswith("inspir: ") and "read gemini" not in line]
        is_replaced = worker not in server.workers()
    if not answer.startswith((good, b"4", b"3")) and (answer or not is_replaced):
        faults.append(f"answers {answer[:80]!r}")
    if is_replaced != (complaints == ["inspir: out of memory",
                                      "inspir: a worker ended with status 71"]):
        faults.append(f"says {complaints}")
    return faults and [f"{number}: {', '.join(faults)}"]


def torture(tap, scenes, kind, name, count, attempt):
    """Every allocation that the step meets, in both ways."""
    step = int(sys.argv[2]) if len(sys.argv) > 2 else STEPS[kind]
    numbers = count(scenes[0])
    for mode, fail_for in MODES.items():
        chosen = numbers[::step] or numbers[:1]
        parts = [(scene, chosen[place::len(scenes)]) for place, scene in enumerate(scenes)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda part, fail_for=fail_for: [
                text for number in part[1] for text in attempt(part[0], number, fail_for)], parts))
        wrong = [text for texts in found for text in texts]
        met = sum(scene.met for scene in scenes)
        for scene in scenes:
            scene.met = 0
        # Not every run makes as many allocations as the one that was counted.
        tap.ok(met > len(chosen) * 0.8 and not wrong, f"{name}: no memory at {len(chosen)} of "
               f"{len(numbers)} allocations, {mode}",
               f"{met} met, {len(wrong)} wrong\n" + "\n".join(wrong[:12]))


def no_memory(tap, program, folder):
    library = preload(program, folder, "nomem")
    if not library:
        tap.skip("no memory", "no compiler, or a sanitizer that brings its own malloc")
        return
    scenes = [Scene(program, library, os.path.join(folder, str(number)))
              for number in range(AT_ONCE)]
    torture(tap, scenes, "start", "a start", count_start, try_start)
    torture(tap, scenes, "reload", "a reload", count_reload, try_reload)
    for name in REQUESTS:
        torture(tap, scenes, "request", name, functools.partial(count_request, name),
                functools.partial(try_request, name))


if __name__ == "__main__":
    main(no_memory)

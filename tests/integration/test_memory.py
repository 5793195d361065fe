#!/usr/bin/env python3
"""No memory: every allocation of a start, a reload, a command and a request fails, once or from
then on (HARDENING 3.3). The process says one line and ends with 71, another takes a worker's place,
and nothing half-written stays.

Nearly every allocation is made by base/mem.c, and its failure ends the process at once. So each
fails in a copy of its process, which may do that and nothing else; then those where it did more
fail in the process itself, and of the others some, because what the rest of the program makes of
the end of a process depends on where it was. With a second argument N: each N-th allocation
instead of some; what follows are the names of what is tried, without any all of it."""

import concurrent.futures
import functools
import os
import re
import shutil
import signal
import subprocess
import sys

import capsule
import gemini
import gopher
import unfinished
from importing import told
from nomem import Control
from server import (PATIENCE_S, SANDBOX, Server, is_alive, main, preload, run, wait_until,
                    write_ini)
from tap import environment

AT_ONCE = 2
MODES = {"once": True, "from then on": False}
EACH = 61     # so-manieth allocation, unless the second argument says otherwise
SAMPLE = 97   # of those, the one that always fails in the process itself
OTHERS = {"a start": 7}  # so-manieth of those that do more: most are those of an index
PASSES = 4    # for all copies: who begins to serve must not take long
ENDLESS = 2   # places of which the process itself would not end; each takes it 20 s or more
NO_MEMORY = 71
LINE = "inspir: out of memory"

# Name -> (protocol, path, what a good answer begins with).
REQUESTS = {
    "a file": ("gemini", "/about.gmi", b"20 "),
    "a list": ("gemini", "/label/work/", b"20 "),
    "a light page": ("gemini", "/light/2018/", b"20 "),
    "a feed": ("gemini", "/atom.xml", b"20 "),
    "a book": ("gemini", "/book/2016.gpub", b"20 "),
    "a prompt": ("gemini", "/search", b"10 "),
    "a search": ("gemini", "/search?paper", b"20 "),
    "a redirect": ("gemini", "/label/work", b"31 "),
    "an old address": ("gemini", "/search/label/Work", b"31 "),
    "an error": ("gemini", "/nothing", b"51 "),
    "a closed zone": ("gemini", "/closed/x.gmi", b"60 "),
    "a menu": ("gopher", "/", b"i"),
    "a text": ("gopher", "/2016/02/wages.txt", b"Wages"),
    "a search by Gopher": ("gopher", "/search\tpaper", b"i"),
}


# Posts that these need; books of more of them would only be more of the same allocations.
ENOUGH = ("/2016/02/wages.gmi", "/2018/01/pay.gmi")


class Scene:
    """A folder to serve from, and the environment in which memory can end."""

    def __init__(self, program, library, folder):
        os.makedirs(folder)
        self.program = program
        self.folder = folder
        self.root = capsule.build(folder)
        for post in capsule.POSTS:
            if post.path not in ENOUGH:
                os.unlink(self.root + post.path)
        capsule.write(os.path.join(self.root, "closed/x.gmi"), "# For some\n")
        capsule.write(os.path.join(self.root, "noise"), bytes(range(256)))  # libmagic is asked
        self.ini = self.write_ini()
        self.control = Control(folder)
        self.met = 0  # attempts in which something failed
        self.places, self.others, self.copied, self.who = [], {}, 0, ""  # of the last attempt
        self.surroundings = {"LD_PRELOAD": library, "NOMEM_CONTROL": self.control.path}
        self.disturbed = unfinished.Scene(program, os.path.join(folder, "imports"))

    def write_ini(self, sandbox=SANDBOX):
        """A sandbox that is not required lets a process live that tries to copy itself."""
        return write_ini(self.folder, {"zone /closed/": {"require": "any"},
                                       "server": {"sandbox": sandbox}})

    def serve(self):
        self.control.forget()
        return Server(self.program, self.ini, surroundings=self.surroundings)

    def run(self, arm, *arguments):
        """A command that ends by itself, with what is to fail in it."""
        self.control.forget()
        arm()
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False,
                              env={**environment(), **self.surroundings})
        self.note()
        return done

    def note(self):
        """Ends an attempt: from now on nothing fails. Whether something did."""
        failed = self.control.failed > 0
        self.places, self.others = self.control.places(), self.control.others()
        self.copied, self.who = self.control.copied, self.control.who
        self.control.rest()
        self.met += failed
        return failed

    def forget(self):
        """As before the first start."""
        shutil.rmtree(os.path.join(self.folder, "certs"), ignore_errors=True)
        shutil.rmtree(os.path.join(self.root, ".index.db.books"), ignore_errors=True)
        for name in (".index.db", ".index.db.tmp"):
            if os.path.exists(os.path.join(self.root, name)):
                os.unlink(os.path.join(self.root, name))


# libmagic 5.44 and libseccomp 2.5.4 use what they did not get: the process that makes an index, or
# that begins to serve, falls, which its parent bears; or libmagic goes by other rules than ever,
# and only it knows. Nobody else meets them.
FRAGILE = ("libmagic", "libseccomp")
LAST_WORDS = re.compile(r"double free|free\(\)|munmap_chunk\(\)|corrupted|(re|m)alloc\w*\(\)|"
                        "Warning: using regular magic file")
# A library, or the system, may also tell us, and then we say what cannot be done, with its status.
TOLD = re.compile(r"inspir: .*([Mm]emory|Malloc failure|cannot set the filter|libmagic: )")
REFUSALS = unfinished.REFUSALS | {1}


def lines_faults(scene, complaints):
    """Whoever had no memory says so in lines of ours, and why."""
    lines = complaints.splitlines()
    if not scene.who or scene.who.startswith(FRAGILE):  # of copies nobody knows who it was
        lines = [line for line in lines if not LAST_WORDS.match(line)]
    faults = [f"says {line!r}" for line in lines if not re.match(r"inspir: \S", line)]
    if any(line.endswith("could not begin to serve") for line in lines) and \
            LINE not in lines and not any(map(TOLD.match, lines)):
        faults.append("gives no reason")
    return faults


def status_faults(scene, status, complaints):
    """Who did not end well did so with 71, or has said what cannot be done."""
    is_right = status == NO_MEMORY or status < 0 and scene.who.startswith(FRAGILE) or \
        status in REFUSALS and TOLD.search(complaints)
    return [] if is_right else [f"ended with {status}, after {scene.who}"]


def command_faults(scene, done):
    faults = lines_faults(scene, done.stderr)
    return faults + (status_faults(scene, done.returncode, done.stderr) if done.returncode else [])


class Told:
    """What is wrong with an attempt, and what the program said."""

    def __init__(self, faults, complaints):
        self.faults = faults
        self.complaints = complaints


def start(scene, arm):
    scene.forget()
    scene.control.forget()
    arm()
    path = os.path.join(scene.folder, "stderr.txt")
    with open(path, "w+", encoding="utf-8", errors="backslashreplace") as told_there, \
            subprocess.Popen([scene.program, "serve", "-c", scene.ini], stdout=subprocess.PIPE,
                             stderr=told_there,
                             env={**environment(), **scene.surroundings}) as started:
        ready = started.stdout.readline()
        failed = scene.note()
        if ready:
            started.terminate()
        started.wait(PATIENCE_S)
        told_there.seek(0)
        complaints = told_there.read()
    faults = lines_faults(scene, complaints)
    if started.returncode != 0 or not ready:
        faults += status_faults(scene, started.returncode, complaints)
    if not ready and not failed:
        faults.append("nothing failed, but it did not start")
    again = run(scene.program, "check", "-c", scene.ini)
    pair = [os.path.exists(os.path.join(scene.folder, "certs", name))
            for name in ("cert.pem", "key.pem")]
    if all(pair) and again.returncode != 0:
        faults.append(f"what it left is not whole: {again.stderr}")
    return Told(faults, complaints)


def reload(scene, arm):
    server = scene.serve()
    try:
        return reload_once(scene, server, arm)
    finally:
        server.stop()


def reload_once(scene, server, arm):
    """The supervisor may end as well: then its workers do, too."""
    workers = server.workers()
    arm()
    server.signal(signal.SIGHUP)
    wait_until(lambda: server.process.poll() is not None or "reload" in server.complaints(),
               "an end of the reload")
    scene.note()
    faults = lines_faults(scene, server.complaints())
    if server.process.poll() is None:
        wait_until(lambda: ask(server, "gemini", "/about.gmi").startswith(b"20 "), "a page")
        faults += [text for text in [server.stop()] if text]
    else:
        faults += status_faults(scene, server.process.returncode, server.complaints())
    wait_until(lambda: not any(is_alive(pid) for pid in workers), "the workers to end")
    return Told(faults, server.complaints())


def index(scene, arm):
    """Where there is none, one is made that is whole, or none."""
    scene.forget()
    done = scene.run(arm, "index", "-c", scene.ini)
    path = os.path.join(scene.root, ".index.db")
    faults = command_faults(scene, done)
    found = unfinished.index_of(path) if os.path.exists(path) else None
    reads_other_magic = scene.who.startswith("libmagic") and not isinstance(found, str)
    scene.forget()
    again = run(scene.program, "index", "-c", scene.ini)
    wanted = unfinished.index_of(path)
    if again.returncode != 0 or isinstance(wanted, str) or done.returncode == 0 and not found or \
            found not in (None, wanted) and done.returncode != 1 and not reads_other_magic:
        faults.append(f"an index that is not whole: {told(again)}")
    return Told(faults, done.stderr)


def check(scene, arm):
    done = scene.run(arm, "check", "-c", scene.ini)
    return Told(command_faults(scene, done), done.stderr)


def bring(scene, arm):
    """An import into a capsule that an earlier one has made."""
    disturbed = scene.disturbed
    root = os.path.join(disturbed.folder, "place", "capsule")
    done = scene.run(arm, *disturbed.command(disturbed.place("place"))[1:])
    now = unfinished.contents(root)
    faults = command_faults(scene, done) + unfinished.faults_after(disturbed, done, now)
    if done.returncode in (0, 1):
        faults += unfinished.faults_of_end(disturbed, done, now)
    faults += unfinished.faults_of_next(disturbed, root)
    return Told(faults, done.stderr)


# Name -> the step.
STEPS = {"a start": start, "a reload": reload, "an index": index, "a check": check,
         "an import": bring}


def copy_each(tap, scene, name, each):
    """Each allocation fails in a copy of its process. (All of them, those where more happened.)"""
    scene.ini = scene.write_ini("try" if SANDBOX == "require" else SANDBOX)
    made, others, wrong = 0, {}, []
    for offset in range(0, each * PASSES, each):
        found = STEPS[name](scene, lambda offset=offset: scene.control.copy(each * PASSES, offset))
        lines = found.complaints.splitlines().count(LINE)
        due = sum(number % (each * PASSES) == offset for _, number in scene.places)
        others.update(scene.others)
        made += scene.copied
        # A worker goes on while they are counted.
        if not lines >= scene.copied >= due - len(scene.others):
            wrong.append(f"{due} are due, {scene.copied} made, {lines} lines")
        wrong += found.faults
    scene.ini = scene.write_ini()
    tap.ok(made and not wrong, f"{name}: {made} of {len(scene.places)} allocations end a copy, "
           f"{len(others)} do more, of these {sum(others.values())} do not end", "\n".join(wrong))
    return scene.places, dict(sorted(others.items()))


def torture(tap, scenes, name, places, attempt):
    """The allocations of these places fail, in both ways."""
    for mode, once in MODES.items():
        parts = [(scene, places[number::len(scenes)]) for number, scene in enumerate(scenes)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda part, once=once: [
                text for place in part[1] for text in attempt(part[0], place, once)], parts))
        wrong = [text for texts in found for text in texts]
        met = sum(scene.met for scene in scenes)
        for scene in scenes:
            scene.met = 0
        # Not every run makes as many allocations as the one that was counted.
        tap.ok(met > len(places) * 0.8 and not wrong,
               f"{name}: no memory at {len(places)} allocations, {mode}",
               f"{met} met, {len(wrong)} wrong\n" + "\n".join(wrong[:12]))


def try_step(name, scene, place, once):
    try:
        found = STEPS[name](scene, lambda: scene.control.fail(place, once))
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return [f"{place}: {error!r}"]
    return found.faults and [f"{place}: {', '.join(found.faults)}\n{found.complaints}"]


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


def places_of_request(name, scene):
    """Every allocation that the worker makes for it."""
    protocol, path, good = REQUESTS[name]
    with scene.serve() as server:
        warm_up(server)
        scene.control.rest()
        answer = ask(server, protocol, path)
        assert answer.startswith(good), answer[:80]
        rank = scene.control.rank(server.workers()[0])
        return [place for place in scene.control.places() if place[0] == rank]


def try_request(name, scene, place, once):
    protocol, path, good = REQUESTS[name]
    faults = []
    with scene.serve() as server:
        warm_up(server)
        worker = server.workers()[0]
        scene.control.fail(place, once, alone=True)
        answer = ask(server, protocol, path)
        scene.note()
        wait_until(lambda: ask(server, protocol, path).startswith(good), "a good answer again")
        complaints = [line for line in server.complaints().splitlines()
                      if line.startswith("inspir: ") and "read gemini" not in line]
        is_replaced = worker not in server.workers()
    if not answer.startswith((good, b"4", b"3")) and (answer or not is_replaced):
        faults.append(f"answers {answer[:80]!r}")
    if is_replaced != (complaints == [LINE, "inspir: a worker ended with status 71"]):
        faults.append(f"says {complaints}")
    return faults and [f"{place}: {', '.join(faults)}"]


def no_memory(tap, program, folder):
    library = preload(program, folder, "nomem")
    if not library:
        tap.skip("no memory", "no compiler, or a sanitizer that brings its own malloc")
        return
    each, endless_max = (int(sys.argv[2]), ENDLESS) if len(sys.argv) > 2 else (EACH, 0)
    scenes = [Scene(program, library, os.path.join(folder, str(number)))
              for number in range(AT_ONCE)]
    names = sys.argv[3:] or [*STEPS, *REQUESTS]
    for name in [name for name in STEPS if name in names]:
        places, others = copy_each(tap, scenes[0], name, each)
        endless = [place for place in others if others[place]]
        chosen = {*list(others)[::OTHERS.get(name, 1)], *places[::each * SAMPLE]}
        chosen -= set(endless[endless_max:])
        torture(tap, scenes, name, sorted(chosen), functools.partial(try_step, name))
    for name in [name for name in REQUESTS if name in names]:
        places = places_of_request(name, scenes[0])
        torture(tap, scenes, f"{name} ({len(places)})", places[::each],
                functools.partial(try_request, name))


if __name__ == "__main__":
    main(no_memory)

#!/usr/bin/env python3
"""An import that is killed, or whose system calls fail, at every one of them (HARDENING 3.3): each
file and the index are whole, old or new, and the import that follows makes exactly the new capsule.
"""

import concurrent.futures
import os
import re
import shutil
import sqlite3
import subprocess

import blogger
from blogger import Entry, comment
from importing import Workplace, told
from server import PATIENCE_S, environment, main, preload, run, write_ini

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

REFUSALS = {65, 71, 73, 78}

FIRST = [
    Entry(1, "The shelves", path="/2019/03/the-shelves.html", labels=("Tides",)),
    Entry(2, "The roof", "<p>Sat there until the morning.</p>", path="/2019/03/the-roof.html"),
    Entry(3, "The boat", "<p>Forty books.</p>", path="/2019/02/the-boat.html"),
    Entry(4, "About", "<p>Who we are.</p>", path="/p/about.html", kind="page"),
]
BOOKS = "/.index.db.books/"
LATER = "2020-01-01T00:00:00.000Z"
SECOND = [
    Entry(1, "The shelves", "<p>Wet again.</p>", path="/2019/03/the-shelves.html", updated=LATER,
          labels=("Tides", "Books")),
    FIRST[1],
    Entry(3, "The boat", "<p>Sixty books.</p>", path="/2019/02/the-boat.html", updated=LATER),
    FIRST[3],
    Entry(5, "The pump", "<p>A wheel and a rope.</p>", path="/2019/04/the-pump.html"),
    comment(6, 1, "Good to know.", author="Rina"),
]


class Scene:
    """A capsule before and after an import, and copies of the first to do harm to."""

    def __init__(self, program, folder):
        work = Workplace(program, os.path.join(folder, "made"))
        self.program = program
        self.folder = folder
        self.root = work.root
        done = work.bring(work.source("first.xml", blogger.legacy(FIRST)))
        assert done.returncode == 0, told(done)
        self.origin = os.path.join(folder, "origin")
        shutil.copytree(work.root, self.origin)
        self.old = contents(work.root)
        self.source = work.source("second.xml", blogger.legacy(SECOND))
        done = work.bring(self.source)
        assert done.returncode == 0, told(done)
        self.new = contents(work.root)

    def place(self, name):
        """A folder with the old capsule; returns its ini file."""
        place = os.path.join(self.folder, name)
        shutil.copytree(self.origin, os.path.join(place, "capsule"))
        return write_ini(place)

    def command(self, ini):
        return [self.program, "import", "-c", ini, self.source]


def contents(root):
    """Path -> bytes of every file; of the index, what it says; of books, the newest."""
    found, books = {}, []
    for place, _, names in os.walk(root):
        for name in names:
            path = os.path.join(place, name)
            if name == ".index.db":
                found[name] = index_of(path)
            elif BOOKS in path:
                books.append(path)
            else:
                with open(path, "rb") as file:
                    found[os.path.relpath(path, root)] = file.read()
    found.update(books_of(books))
    return found


def books_of(paths):
    """Path -> bytes of books without the folder that they are in, whose name holds times."""
    found = {}
    for path in sorted(paths, key=os.path.getmtime):
        folder, book = path.split(BOOKS)[1].split("/", 1)
        if folder != "draft":
            with open(path, "rb") as file:
                found[BOOKS[1:] + book] = file.read()
    return found


def index_of(path):
    """All rows of the index but its fingerprint, which holds times; the fault if it is broken. The
    words lie in tables of their own, beneath the virtual one that cannot be listed."""
    try:
        with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as index:
            sound = index.execute("PRAGMA integrity_check").fetchall()
            tables = [name for name, in index.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'meta' "
                "AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name")]
            return [sound] + [(name, index.execute(f"SELECT * FROM {name}").fetchall())
                              for name in tables]
    except sqlite3.Error as error:
        return f"broken: {error}"


def is_bookless(done, path, index):
    """Whether it was told why a book is not made: there are none of an index that lacks a file."""
    return path.startswith(BOOKS[1:]) and (is_lacking(done, index) or (
        done.returncode == 1 and "inspir: cannot make the books: " in done.stderr))


def is_hidden(path):
    return any(name.startswith(".") for name in path.split("/"))


def is_lacking(done, index):
    """Whether an index is whole but for a file that could not be read, which was told."""
    return done.returncode == 1 and isinstance(index, list) and index[0] == [("ok",)] and \
        re.fullmatch(r"inspir: \S+\.gmi: .*\n", done.stderr)


def faults_after(scene, done, now):
    """What must not be in a capsule at any moment of an import."""
    faults = [f"{path} is neither old nor new" for path in {**scene.old, **scene.new}
              if now.get(path) not in (scene.old.get(path), scene.new.get(path))
              and not (path == ".index.db" and is_lacking(done, now.get(path)))
              and not (path.startswith(BOOKS[1:]) and path not in now)]
    return faults + [f"{path} is a stray file" for path in now
                     if path not in scene.old and path not in scene.new and not is_hidden(path)]


def difference(now, wanted):
    return [path for path in sorted({**now, **wanted}) if now.get(path) != wanted.get(path)]


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
    if done.returncode in (0, 1):
        wrong = [path for path in difference(now, scene.new)
                 if not (path == ".index.db" and is_lacking(done, now[path]))
                 and not is_bookless(done, path, now[".index.db"])]
        return [f"success, but not new: {wrong}"] if wrong else []
    faults = [] if done.returncode in REFUSALS else [f"ended with {done.returncode}"]
    lines = done.stderr.splitlines()
    if name != "write" and (len(lines) != 1 or not lines[0].startswith("inspir: ")):
        faults.append("not one line that says why")
    return faults


def attempt(scene, fault, name, number):
    """One disturbed import and the one after it; what is wrong with them."""
    label = f"{name}-{number}-{fault[-4:]}"
    hurry = [] if fault == "signal=KILL" else ["--seccomp-bpf"]  # which swallows signals
    done, root = strace(scene, label, "-o", "/dev/null", "-e", f"trace={name}", "-e",
                        f"inject={name}:{fault}:when={number}", *hurry)
    now = contents(root)
    faults = judge_end(scene, fault, name, done, now) + faults_after(scene, done, now)
    again = run(*scene.command(os.path.join(os.path.dirname(root), "inspir.ini")))
    wrong = difference(contents(root), scene.new)
    if again.returncode not in (0, 1) or wrong:
        faults.append(f"the import after it: {wrong} {told(again)}")
    shutil.rmtree(os.path.dirname(root))
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

"""An import that does not come to its end: what may be in a capsule then, and what the next import
makes of it."""

import os
import re
import shutil
import sqlite3

import blogger
from blogger import Entry, comment
from importing import Workplace, told
from server import run, write_ini

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


def faults_of_end(scene, done, now):
    """What is wrong with how it ended."""
    if done.returncode not in (0, 1):
        return [] if done.returncode in REFUSALS else [f"ended with {done.returncode}"]
    wrong = [path for path in difference(now, scene.new)
             if not (path == ".index.db" and is_lacking(done, now[path]))
             and not is_bookless(done, path, now[".index.db"])]
    return [f"success, but not new: {wrong}"] if wrong else []


def faults_of_next(scene, root):
    """What is wrong with the import after it. The place is not needed any more then."""
    again = run(*scene.command(os.path.join(os.path.dirname(root), "inspir.ini")))
    wrong = difference(contents(root), scene.new)
    shutil.rmtree(os.path.dirname(root))
    if again.returncode in (0, 1) and not wrong:
        return []
    return [f"the import after it: {wrong} {told(again)}"]

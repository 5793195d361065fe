"""A capsule that things are imported into, and what the tests of imports look at in it."""

import os
import re

import capsule
from server import run, write_ini

HIDDEN = (".index.db", ".ledger.tsv")


class Workplace:
    """A folder with an ini file, sources and a capsule."""

    def __init__(self, program, folder, changes=None):
        self.program = program
        self.folder = folder
        self.root = os.path.join(folder, "capsule")
        os.makedirs(self.root)
        self.ini = write_ini(folder, changes)

    def configure(self, changes):
        self.ini = write_ini(self.folder, changes)

    def source(self, name, content):
        """A file to import; returns its path."""
        path = os.path.join(self.folder, "sources", name)
        capsule.write(path, content)
        return path

    def bring(self, *arguments):
        """inspir import; returns the finished process."""
        return run(self.program, "import", "-c", self.ini, *arguments)

    def stamps(self):
        """Path -> (bytes, time of change) of everything in the capsule."""
        found = {}
        for place, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.root)] = (file.read(),
                                                               os.stat(path).st_mtime_ns)
        return found

    def tree(self):
        """Path -> bytes of what a reader could see."""
        return {path: content for path, (content, _) in self.stamps().items()
                if not any(name.startswith(".") for name in path.split("/"))}

    def posts(self):
        """Path -> text of all posts."""
        return {path: content.decode() for path, content in sorted(self.tree().items())
                if re.fullmatch(r"\d{4}/\d\d/[^/]+\.gmi", path)}

    def text(self, path):
        """The text of a file; empty when there is none."""
        return self.tree().get(path, b"").decode()

    def everything(self):
        """All bytes in the capsule, index and ledger included."""
        return b"\n".join(path.encode() + b"\n" + content
                          for path, (content, _) in sorted(self.stamps().items()))


def told(done):
    """What a program said, for the detail of a failed test."""
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def counted(done, what):
    """The number that the summary gives of a thing; 0 when it gives none."""
    found = re.search(rf"^{what} (\d+)", done.stdout, re.MULTILINE)
    return int(found.group(1)) if found else 0


def is_clear(done, *words):
    """Whether a failure was told in one line that has these words."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("inspir: ")]
    return len(lines) == 1 and all(word in lines[0] for word in words)

#!/usr/bin/env python3
"""`inspir import` from outside: captures of our own, and the two that live beside the project."""

import fcntl
import glob
import hashlib
import os
import re
import stat

import capsule
import gemini
from server import Server, main, run, wait_until, write_ini

SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/seeds")

CAPTURE = """About this site

Notes of a small library by the sea.
Showing posts with label tides. Show all posts
Showing posts with label tides. Show all posts

09 March 2019

The shelves are dry again

The water came up to the second step and no further, so that every book is where it was before.

  \u2022 the atlas
  \u2022 the songs

07 March 2019

A night on the roof

We carried the catalogue upstairs in four boxes and sat with it until the morning came.
"""


def snapshot(folder):
    """Path -> (bytes, mtime) of everything below a folder."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = (file.read(), os.stat(path).st_mtime_ns)
    return found


def posts_of(root):
    """Path -> text of the posts of a capsule, in order of their paths."""
    found = {}
    for path in sorted(glob.glob(os.path.join(root, "[0-9]*/[0-9]*/*.gmi"))):
        with open(path, encoding="utf-8") as file:
            found[os.path.relpath(path, root)] = file.read()
    return found


def prepare(folder, changes=None):
    """An ini file, the capture, the root that does not exist yet."""
    ini = write_ini(folder, changes)
    source = os.path.join(folder, "capture.txt")
    capsule.write(source, CAPTURE)
    os.makedirs(os.path.join(folder, "capsule"), exist_ok=True)
    return ini, source, os.path.join(folder, "capsule")


def own_capture(tap, program, folder):
    """New, unchanged, edited."""
    ini, source, root = prepare(folder)
    done = run(program, "import", "-c", ini, "--check", source)
    tap.ok(done.returncode in (0, 1) and not os.listdir(root), "--check writes nothing",
           f"{done.returncode} {done.stderr} {os.listdir(root)}")
    done = run(program, "import", "-c", ini, source)
    posts = posts_of(root)
    tap.ok(done.returncode == 0 and len(posts) == 2, "two posts come in",
           f"{done.returncode} {done.stderr} {sorted(posts)}")
    tap.ok(re.search(r"\b2\b.*new|new.*\b2\b", done.stdout), "the summary counts them", done.stdout)
    tap.ok(all("=> /label/tides/ tides\n" in text for text in posts.values()),
           "the label of the page is theirs", "\n".join(posts.values()))
    tap.ok(any("\n* the atlas\n* the songs\n" in text for text in posts.values()),
           "list items are list items", "\n".join(posts.values()))
    before = snapshot(root)
    tap.ok("index.gmi" in before and b"small library" in before["index.gmi"][0],
           "the description is the home page's")
    done = run(program, "import", "-c", ini, source)
    tap.ok(done.returncode == 0 and snapshot(root) == before, "a second import changes nothing",
           f"{done.returncode} {done.stderr}")
    done = run(program, "import", "-c", ini, "-q", source)
    tap.ok((done.returncode, done.stdout) == (0, ""), "-q says nothing", done.stdout)
    edited = sorted(posts)[0]
    capsule.write(os.path.join(root, edited), posts[edited] + "\nBy hand.\n")
    capsule.write(source, CAPTURE.replace("four boxes", "five boxes").replace("second", "third"))
    done = run(program, "import", "-c", ini, source)
    text = posts_of(root)[edited]
    tap.ok(text.endswith("By hand.\n"), "an edited post is kept", text)
    tap.ok(edited in done.stdout + done.stderr, "an edited post is named",
           done.stdout + done.stderr)
    modes = {stat.S_IMODE(os.stat(os.path.join(root, path)).st_mode) for path in posts_of(root)}
    tap.ok(modes == {0o644}, "posts can be read by others", modes)


def while_serving(tap, program, folder):
    """What comes in is served without a word to the server."""
    ini, source, root = prepare(folder)
    with Server(program, ini) as server:
        done = run(program, "import", "-c", ini, source)
        path = "/" + sorted(posts_of(root))[-1]
        wait_until(lambda: gemini.get(server.gemini, "/").text.count("2019-03-0") == 2,
                   "the new posts")
        # A worker that ends may still answer as before for a moment.
        wait_until(lambda: gemini.get(server.gemini, "/label/tides/").status == 20, "the label")
        answer = gemini.get(server.gemini, path)
        tap.ok(done.returncode == 0 and answer.text.startswith(posts_of(root)[path[1:]]),
               "an import is served at once", f"{done.stderr} {answer!r}")
        for hidden in ("/.ledger.tsv", "/.index.db"):
            answer = gemini.get(server.gemini, hidden)
            tap.ok(answer.status == 51, f"{hidden} is not", repr(answer))


def exit_codes(tap, program, folder):
    """The table of ARCHITECTURE.md, "Command line"."""
    ini, source, root = prepare(folder)
    bad = os.path.join(folder, "bad.txt")
    capsule.write(bad, b"20 June 2019\n\nTitle\n\n\xff\xfe\n")
    empty = os.path.join(folder, "empty.txt")
    capsule.write(empty, "")
    wrong = write_ini(folder, {"blog": {"page_sise": "3"}}, "wrong.ini")
    for what, arguments, status, words in [
            ("no source", ["import", "-c", ini], 64, "usage: "),
            ("an unknown option", ["import", "-c", ini, "--chekc", source], 64, "chekc"),
            ("an option without its value", ["import", source, "-c"], 64, "usage: "),
            ("bytes that are no text", ["import", "-c", ini, bad], 65, "bad.txt"),
            ("nothing in it", ["import", "-c", ini, empty], 65, "empty.txt"),
            ("a missing source", ["import", "-c", ini, source + "x"], 65, "capture.txtx"),
            ("a configuration with a wrong key", ["import", "-c", wrong, source], 78,
             "wrong.ini:"),
            ("a missing configuration", ["import", "-c", ini + "x", source], 78, "inspir.inix")]:
        done = run(program, *arguments)
        clear = status == 64 or len(done.stderr.splitlines()) <= 3
        tap.ok(done.returncode == status and words in done.stderr and clear and
               not os.listdir(root), f"{what}: {status}", f"{done.returncode} {done.stderr}")
    hints = os.path.join(folder, "guard.hints")
    capsule.write(hints, f"sha256 = {hashlib.sha256(CAPTURE.encode()).hexdigest()}\n"
                         'body 11 "Words that are not there"\n')
    done = run(program, "import", "-c", ini, "--hints", hints, source)
    tap.ok(done.returncode == 65 and "guard.hints" in done.stderr and not os.listdir(root),
           "a hint whose guard fails: 65", f"{done.returncode} {done.stderr}")
    busy(tap, program, ini, source, root)
    cannot_write(tap, program, folder, source)


def busy(tap, program, ini, source, root):
    """75 while another import holds the capsule."""
    lock = os.open(root, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    done = run(program, "import", "-c", ini, source)
    os.close(lock)
    tap.ok(done.returncode == 75 and not os.listdir(root), "another import at work: 75",
           f"{done.returncode} {done.stderr}")


def cannot_write(tap, program, folder, source):
    """73 where a file stands in the way of a folder."""
    ini = write_ini(folder, {"blog": {"root": "blocked"}}, "blocked.ini")
    capsule.write(os.path.join(folder, "blocked/2019"), "a file\n")
    done = run(program, "import", "-c", ini, source)
    tap.ok(done.returncode == 73 and "2019" in done.stderr, "a file in the way: 73",
           f"{done.returncode} {done.stderr}")
    capsule.write(os.path.join(folder, "file"), "a file\n")
    ini = write_ini(folder, {"blog": {"root": "file"}}, "file.ini")
    done = run(program, "import", "-c", ini, source)
    tap.ok(done.returncode in (73, 78), "the root is a file: 73 or 78",
           f"{done.returncode} {done.stderr}")


def words_of(text):
    """Words that must survive, whatever became of marks, links and spaces."""
    return re.findall(r"\w+", text)


def seeds(tap, program, folder):
    """What issue and IMPORT.md 2 say of the two captures."""
    sources = sorted(glob.glob(os.path.join(SEEDS, "*.txt")))
    if not sources:
        tap.skip("the two captures", "../shared/seeds is not here")
        return
    ini, _, root = prepare(folder)
    done = run(program, "import", "-c", ini, "--strict", *sources)
    tap.ok(done.returncode == 2 and not os.listdir(root), "--strict refuses: 2",
           f"{done.returncode} {done.stderr}")
    done = run(program, "import", "-c", ini, *sources)
    tap.ok(done.returncode == 1, "ambiguities are warnings: 1", f"{done.returncode} {done.stderr}")
    posts = posts_of(root)
    tap.ok(len(posts) == 25, "exactly 25 posts", "\n".join(posts))
    labelled = [path for path, text in posts.items()
                if "=> /label/capacity-strengthening/ " in text]
    tap.ok(len(labelled) == 12, "12 have the label of the page", "\n".join(labelled))
    dutch = [path for path, text in posts.items() if re.match(r"# .*\n[^\n]* · nl\b", text)]
    tap.ok([path[:8] for path in dutch] == ["2017/11/"], "the Dutch post is nl", "\n".join(dutch))
    same_day = [path for path, text in posts.items() if re.match(r"# .*\n2017-11-20", text)]
    tap.ok(len(same_day) == 3, "three posts of 2017-11-20", "\n".join(same_day))
    for code, count in [("A2", 1), ("A3", 1), ("W1", 1), ("W2", 2), ("W3", 2)]:
        found = re.findall(rf"^\S+: {code}\b.*$", done.stderr, re.MULTILINE)
        tap.ok(len(found) == count, f"{code} is reported {count} times", done.stderr)
    every_line(tap, sources, posts)
    before = snapshot(root)
    again = run(program, "import", "-c", ini, *sources)
    tap.ok(again.returncode == 0 and snapshot(root) == before, "a second import changes nothing",
           f"{again.returncode} {again.stderr}")
    turned = run(program, "import", "-c", ini, *reversed(sources))
    tap.ok(turned.returncode == 0 and snapshot(root) == before, "nor does the other order",
           f"{turned.returncode} {turned.stderr}")
    tap.ok("About this site" in before["index.gmi"][0].decode() or
           "social protection in Asia" in before["index.gmi"][0].decode(),
           "the description is the home page's", before["index.gmi"][0].decode())


def every_line(tap, sources, posts):
    """All words of all lines below the first date header stand in some post, in their order."""
    date = re.compile(r"\d\d (January|February|March|April|May|June|July|August|September|October|"
                      r"November|December) \d{4}$")
    texts = [" ".join(words_of(text)) for text in posts.values()]
    lost, begun = [], False
    for source in sources:
        with open(source, encoding="utf-8") as file:
            for line in file.read().split("\n"):
                is_date = date.match(line)
                begun = bool(begun or is_date)
                words = " ".join(words_of(re.sub(r"^o (?=[A-Z])", "", line)))  # typed bullets
                if begun and not is_date and not any(words in text for text in texts):
                    lost.append(line)
        begun = False
    tap.ok(not lost, "every line of every body is kept", "\n".join(lost))


if __name__ == "__main__":
    main(own_capture, while_serving, exit_codes, seeds)

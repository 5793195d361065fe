#!/usr/bin/env python3
"""Importing a blog again: unchanged, changed, edited by hand, moved, gone, from another source."""

import os
import re
import shutil

import blogger
import capsule
import gemini
from blogger import Entry, comment
from importing import Workplace, counted, is_clear, told
from server import Server, main

BLOG = {"blog": {"old_hosts": "tidebooks.blogspot.com", "timezone": "Europe/Brussels"}}

SHELVES = Entry(1, "The shelves", "<p>The water came up to the second step.</p>",
                "2019-03-09T21:15:00.000+01:00", path="/2019/03/the-shelves.html",
                labels=("Tides", "Books"))
ROOF = Entry(2, "A night on the roof", "<p>We carried the catalogue upstairs in four boxes. See "
             "<a href='http://tidebooks.blogspot.com/2019/03/the-shelves.html'>the shelves</a>, "
             "and <a href='http://tidebooks.blogspot.com/2001/01/lost.html'>the lost one</a>.</p>"
             "<iframe src='https://www.example.org/map'></iframe>",
             "2019-03-07T09:00:00.000+01:00", path="/2019/03/a-night-on-roof.html")
BOAT = Entry(3, "The boat", "<p>It carries forty books.</p>", "2019-02-01T09:00:00.000+01:00",
             path="/2019/02/the-boat.html")
ABOUT = Entry(4, "About", "<p>Who we are.</p>", "2019-01-01T09:00:00.000+01:00",
              path="/p/about.html", kind="page")
WORD = comment(5, 1, "How good to read.", author="Rina",
               published="2019-03-10T10:00:00.000+01:00")
ALL = [SHELVES, ROOF, BOAT, ABOUT, WORD]


def start(program, folder, name, entries=None):
    """A capsule that holds the blog."""
    work = Workplace(program, os.path.join(folder, name), BLOG)
    done = work.bring(export(work, entries or ALL))
    return work, done


def export(work, entries):
    return work.source("export.xml", blogger.legacy(entries))


def with_changes(entry, **changes):
    """The entry as it is after a change in Blogger."""
    changes.setdefault("updated", "2020-05-05T10:00:00.000+01:00")
    return blogger.dataclasses.replace(entry, **changes)


def unchanged(tap, program, folder):
    """Nothing is written that is there already."""
    work, done = start(program, folder, "same")
    tap.ok(done.returncode == 1 and counted(done, "posts") == 3, "an export comes in", told(done))
    before = work.stamps()
    done = work.bring(os.path.join(work.folder, "sources/export.xml"))
    tap.ok(done.returncode == 0 and work.stamps() == before,
           "a second import changes no byte and no time of any file, index and ledger included",
           told(done) + changed_names(work, before))
    tap.ok("lost.html" not in done.stderr, "and does not repeat its warnings", told(done))
    done = work.bring("-q", os.path.join(work.folder, "sources/export.xml"))
    tap.ok((done.returncode, done.stdout) == (0, ""), "-q says nothing", told(done))
    for name, text in (("feed.atom", blogger.takeout(ALL)), ("live.xml", blogger.feed(ALL[:3]))):
        done = work.bring(work.source(name, text))
        tap.ok(files(work) == {path: stamp for path, stamp in before.items()
                               if not path.startswith(".")},
               f"the same posts in {name} change no file", told(done) + changed_names(work, before))
    os.unlink(os.path.join(work.root, ".index.db"))
    done = work.bring(os.path.join(work.folder, "sources/export.xml"))
    tap.ok(done.returncode == 0 and ".index.db" in work.stamps(),
           "a lost index is made again", told(done))
    check(tap, program, folder)


def check(tap, program, folder):
    """--check and --report."""
    work = Workplace(program, os.path.join(folder, "check"), BLOG)
    report = os.path.join(work.folder, "report.txt")
    done = work.bring("--check", "--report", report, export(work, ALL))
    tap.ok(done.returncode == 1 and not os.listdir(work.root), "--check writes nothing",
           f"{os.listdir(work.root)} {told(done)}")
    with open(report, encoding="utf-8") as file:
        looked = file.read()
    work.bring("--report", report, export(work, ALL))
    with open(report, encoding="utf-8") as file:
        said = file.read()
    for what, words in [("posts", r"(?m)^posts 3\b"), ("pages", r"(?m)^pages 1\b"),
                        ("comments", r"(?m)^comments 1\b"), ("labels", r"(?m)^labels 2\b"),
                        ("a dead link", r"a-night-on-roof\.gmi: .*2001/01/lost\.html"),
                        ("an embedded page", r"a-night-on-roof\.gmi: .*example\.org")]:
        tap.ok(re.search(words, said), f"the report has {what}", said)
        tap.ok(re.search(words, looked), f"that of a check has {what}", looked)
    done = work.bring("--report", os.path.join(work.folder, "no/such/report"), export(work, ALL))
    tap.ok(done.returncode == 73 and is_clear(done, "report"), "no place for a report: 73",
           told(done))
    other = Workplace(program, os.path.join(folder, "strict"), BLOG)
    done = other.bring("--strict", export(other, ALL))
    tap.ok(done.returncode == 2 and not other.stamps(), "--strict refuses what has losses: 2",
           f"{list(other.stamps())} {told(done)}")
    done = other.bring("--strict", export(other, [SHELVES, BOAT, ABOUT, WORD]))
    tap.ok(done.returncode == 0 and counted(done, "posts") == 2, "and takes what has none",
           told(done))
    before = work.stamps()
    new = with_changes(SHELVES, body="<p>Another text.</p>")
    done = work.bring("--check", export(work, [new, ROOF]))
    tap.ok(work.stamps() == before, "a check of a changed export writes nothing", told(done))


def changed_names(work, before):
    now = work.stamps()
    return "changed: " + " ".join(sorted(path for path in set(now) | set(before)
                                         if now.get(path) != before.get(path)))


def files(work):
    """The stamps of what is no file of our own keeping."""
    return {path: stamp for path, stamp in work.stamps().items() if not path.startswith(".")}


def changed(tap, program, folder):
    """A change in Blogger, and one by hand."""
    work, _ = start(program, folder, "changed")
    before = files(work)
    done = work.bring(export(work, [with_changes(SHELVES, body="<p>A third step, too.</p>"),
                                    *ALL[1:]]))
    now = files(work)
    tap.ok("A third step, too." in work.text("2019/03/the-shelves.gmi")
           and "updated 2020-05-05" in work.text("2019/03/the-shelves.gmi"),
           "a changed post is rewritten", told(done))
    tap.ok([path for path in now if now[path] != before.get(path)] == ["2019/03/the-shelves.gmi"],
           "and nothing else is", told(done))
    tap.ok("1 changed" in done.stdout, "the summary counts it", told(done))
    path = os.path.join(work.root, "2019/02/the-boat.gmi")
    capsule.write(path, work.text("2019/02/the-boat.gmi").replace("forty", "fifty"))
    done = work.bring(export(work, ALL))
    tap.ok("fifty" in work.text("2019/02/the-boat.gmi"),
           "an edited post is kept when the export is as it was", told(done))
    done = work.bring(export(work, [SHELVES, ROOF, ABOUT, WORD,
                                    with_changes(BOAT, body="<p>It carries sixty books.</p>")]))
    tap.ok("fifty" in work.text("2019/02/the-boat.gmi"), "also when the export has changed",
           told(done))
    tap.ok("2019/02/the-boat.gmi" in done.stdout + done.stderr, "and named", told(done))
    both = [name for name, content in work.tree().items() if b"sixty" in content]
    hidden = [name for name, (content, _) in work.stamps().items() if b"sixty" in content]
    tap.ok(both or hidden, "the new text is kept, too", f"{list(work.stamps())} {told(done)}")
    tap.ok(any(name in done.stdout + done.stderr for name in both + hidden), "and named",
           f"{both} {hidden} {told(done)}")
    before = work.stamps()
    done = work.bring(os.path.join(work.folder, "sources/export.xml"))
    tap.ok(work.stamps() == before, "which a second import leaves as it is", told(done))
    capsule.write(os.path.join(work.root, "2019/03/by-hand.gmi"), "# Hand\n2019-03-20\n\nOurs.\n")
    done = work.bring(os.path.join(work.folder, "sources/export.xml"))
    tap.ok("Ours." in work.text("2019/03/by-hand.gmi"), "a post written by hand stays", told(done))


def home(tap, program, folder):
    """What the blog says of itself, when the home page was edited."""
    work = Workplace(program, os.path.join(folder, "home"), BLOG)
    hidden = os.path.join(work.root, ".new/index.gmi")

    def say(words):
        return work.source("export.xml",
                           blogger.legacy(ALL, (("BLOG_DESCRIPTION", words),)))

    work.bring(say("A library by the sea."))
    edited = work.text("index.gmi").replace("by the sea", "in the dunes")
    capsule.write(os.path.join(work.root, "index.gmi"), edited)
    done = work.bring(say("A library by the sea."))
    tap.ok(work.text("index.gmi") == edited and not os.path.exists(hidden),
           "an edited home page is kept", told(done))
    done = work.bring(say("A library by the river."))
    tap.ok(work.text("index.gmi") == edited, "also when the blog has changed its description",
           told(done))
    tap.ok(b"by the river" in work.stamps().get(".new/index.gmi", (b"",))[0]
           and ".new/index.gmi" in done.stdout, "which is kept, too, and named", told(done))
    before = work.stamps()
    done = work.bring(say("A library by the river."))
    tap.ok(done.returncode == 0 and work.stamps() == before, "once", told(done))


def moved(tap, program, folder):
    """A post with another address, and one that the blog has no longer."""
    work, _ = start(program, folder, "moved")
    done = work.bring(export(work, [with_changes(SHELVES, path="/2019/03/shelves-again.html"),
                                    *ALL[1:]]))
    tap.ok(done.returncode in (0, 1) and counted(done, "posts") == 3, "a post that has moved",
           told(done))
    with Server(program, work.ini) as server:
        places = [path for path in work.posts() if "shelves" in path]
        tap.ok(len(places) == 1, "is there once", places)
        for old in ("/2019/03/the-shelves.html", "/2019/03/shelves-again.html",
                    "/2019/03/the-shelves.gmi"):
            answer = gemini.get(server.gemini, old)
            there = answer.status == 31 and answer.meta.endswith("/" + places[0])
            tap.ok(there or (old[1:] == places[0] and answer.status == 20),
                   f"{old} leads to it", f"{places} {answer!r}")
    gone(tap, program, folder)


def gone(tap, program, folder):
    """What a full export lacks is reported; --prune takes it away."""
    work, _ = start(program, folder, "gone")
    before = files(work)
    done = work.bring(work.source("live.xml", blogger.feed([SHELVES, ROOF])))
    tap.ok(files(work) == before and "boat" not in done.stderr,
           "a feed that lacks a post says nothing of it", told(done))
    rest = [SHELVES, ROOF, ABOUT, WORD]
    done = work.bring(export(work, rest))
    tap.ok(files(work) == before and "2019/02/the-boat.gmi" in done.stdout + done.stderr,
           "a post that a full export lacks is reported and stays", told(done))
    tap.ok(done.returncode == 1, "which is a warning", told(done))
    report, before_all = os.path.join(work.folder, "report.txt"), work.stamps()
    done = work.bring("--report", report, export(work, rest))
    tap.ok(done.returncode == 0 and work.stamps() == before_all
           and "the-boat" not in done.stdout + done.stderr, "that is not repeated", told(done))
    with open(report, encoding="utf-8") as file:
        said = file.read()
    tap.ok("missing 2019/02/the-boat.gmi" in said, "but in a report", said)
    work.bring(export(work, ALL))
    done = work.bring(export(work, rest))
    tap.ok(done.returncode == 1 and "the-boat" in done.stdout,
           "one that came back and is missing again is news", told(done))
    done = work.bring("--prune", work.source("live.xml", blogger.feed([SHELVES, ROOF])))
    tap.ok("2019/02/the-boat.gmi" in work.tree(), "--prune with a mere feed takes nothing away",
           told(done))
    capsule.write(os.path.join(work.root, "2019/02/by-hand.gmi"), "# Hand\n2019-02-20\n\nOurs.\n")
    done = work.bring("--prune", export(work, rest))
    tap.ok("2019/02/the-boat.gmi" not in work.tree() and "2019/02/by-hand.gmi" in work.tree(),
           "--prune takes away what was imported, not what was written by hand", told(done))
    with Server(program, work.ini) as server:
        for path in ("/2019/02/the-boat.gmi", "/2019/02/the-boat.html"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 52, f"{path} answers 52", repr(answer))
        tap.ok("the-boat" not in gemini.get(server.gemini, "/2019/").text, "no list names it")
    before = work.stamps()
    done = work.bring("--prune", export(work, rest))
    tap.ok(done.returncode == 0 and work.stamps() == before, "a second time changes nothing",
           told(done) + changed_names(work, before))
    done = work.bring(export(work, ALL))
    tap.ok("forty books" in work.text("2019/02/the-boat.gmi"), "what comes back is there again",
           told(done))
    edited = os.path.join(work.root, "2019/02/the-boat.gmi")
    capsule.write(edited, work.text("2019/02/the-boat.gmi") + "By hand.\n")
    done = work.bring("--prune", export(work, rest))
    tap.ok("By hand." in work.text("2019/02/the-boat.gmi"), "--prune keeps what was edited",
           told(done))
    comments_gone(tap, program, folder)


def comments_gone(tap, program, folder):
    """A conversation grows and goes."""
    work, _ = start(program, folder, "comments")
    path = "2019/03/the-shelves/comments.gmi"
    more = comment(6, 1, "I think so, too.", author="Kofi",
                   published="2019-03-12T10:00:00.000+01:00")
    post = work.text("2019/03/the-shelves.gmi")
    done = work.bring(export(work, ALL + [more]))
    tap.ok("I think so, too." in work.text(path) and work.text("2019/03/the-shelves.gmi") == post,
           "a new comment changes its page only", work.text(path) + told(done))
    work.bring(work.source("live.xml", blogger.feed([SHELVES, ROOF])))
    tap.ok("I think so, too." in work.text(path), "a feed of posts does not end a conversation")
    work.bring(work.source("comments.xml", blogger.feed([more], "comments")))
    tap.ok("How good to read." in work.text(path),
           "a feed with the newest comments keeps the others", work.text(path))
    newest = comment(7, 1, "Which atlas?", author="Esi",
                     published="2019-03-11T10:00:00.000+01:00")
    done = work.bring(work.source("comments.xml", blogger.feed([newest], "comments")))
    tap.ok(re.findall(r"(?m)^## (\w+),", work.text(path)) == ["Rina", "Esi", "Kofi"],
           "and adds what is new in the order of time", work.text(path) + told(done))
    before = work.stamps()
    done = work.bring(os.path.join(work.folder, "sources/comments.xml"))
    tap.ok(done.returncode == 0 and work.stamps() == before, "once", told(done))
    capsule.write(os.path.join(work.root, path), work.text(path) + "\nBy hand.\n")
    done = work.bring(os.path.join(work.folder, "sources/comments.xml"))
    tap.ok("By hand." in work.text(path) and ".new" not in done.stdout,
           "an edited page of comments is kept", told(done))
    done = work.bring(export(work, ALL))
    tap.ok("By hand." in work.text(path)
           and b"Esi" not in work.stamps()[".new/" + path][0],
           "and what a whole export has of it is kept beside it", told(done))
    moved_comments(tap, program, folder)
    no_comments(tap, program, folder)


def no_comments(tap, program, folder):
    """All comments of a post are taken away in the blog."""
    on_boat = comment(9, 3, "Forty-one!", published="2019-03-12T10:00:00.000+01:00")
    work, _ = start(program, folder, "no comments", ALL + [on_boat])
    path = "2019/03/the-shelves/comments.gmi"
    rest = [SHELVES, ROOF, BOAT, ABOUT, on_boat]
    work.bring(export(work, rest))
    tap.ok(work.text(path), "comments that an export lacks stay")
    done = work.bring("--prune", export(work, rest[:-1]))
    tap.ok(work.text(path), "also with --prune where it has no comment at all", told(done))
    done = work.bring("--prune", export(work, rest))
    tap.ok(not work.text(path) and work.text("2019/02/the-boat/comments.gmi")
           and f"gone {path}" in done.stdout, "else that takes them away", told(done))
    repeated(tap, work, "what --prune took away")
    done = work.bring(export(work, ALL))
    tap.ok("How good to read." in work.text(path), "until they are there again", told(done))


def moved_comments(tap, program, folder):
    """The page of comments goes along with its post, whether there are comments or not."""
    work, _ = start(program, folder, "moved comments")
    moved_post = with_changes(SHELVES, path="/2019/03/dry-shelves.html")
    for entries in ([moved_post, WORD], [moved_post]):
        work, _ = start(program, folder, f"moved with {len(entries)}")
        done = work.bring(work.source("live.xml", blogger.feed([moved_post]))
                          if len(entries) == 1 else export(work, ALL[1:] + entries))
        text = work.text("2019/03/dry-shelves/comments.gmi")
        tap.ok("=> /2019/03/dry-shelves.gmi " in text and "How good to read." in text
               and "the-shelves.gmi" not in text, "a page of comments that moves leads to its post",
               text + told(done))


def see(fragment, path="/2019/03/a-night-on-roof.html"):
    return f"<p>Look: <a href='http://www.tidebooks.blogspot.be{path}{fragment}'>there</a>.</p>"


def comment_links(tap, program, folder):
    """A link to a comment leads to the page of comments as soon as there is one."""
    pointer = with_changes(SHELVES, body=see("?showComment=1352034919753#c5") + see("#comments")
                           + see("#c8", ABOUT.path))
    on_post = comment(5, 2, see("#c5"), published="2019-03-10T10:00:00.000+01:00")
    on_page = comment(8, 4, "Who?", published="2019-03-11T10:00:00.000+01:00")
    bare, full = [pointer, ROOF, BOAT, ABOUT], [pointer, ROOF, BOAT, ABOUT, on_post, on_page]
    path = "2019/03/the-shelves.gmi"
    nowhere = ["/2019/03/a-night-on-roof.gmi", "/2019/03/a-night-on-roof.gmi", "/about.gmi"]
    there = ["/2019/03/a-night-on-roof/comments.gmi", "/2019/03/a-night-on-roof.gmi",
             "/about/comments.gmi"]

    def targets():
        return re.findall(r"(?m)^=> (/\S+) \d+: ", work.text(path))

    for name, entries in (("comments last", full), ("comments first", full[::-1])):
        work, done = start(program, folder, name, entries)
        tap.ok(targets() == there, f"{name}: links to comments lead to their pages",
               work.text(path) + told(done))
        tap.ok("=> /2019/03/a-night-on-roof/comments.gmi " in work.text(there[0][1:]),
               f"{name}: also on such a page", work.text(there[0][1:]))
        repeated(tap, work, name)
    work, done = start(program, folder, "no comments yet", bare)
    tap.ok(targets() == nowhere, "to the post where it has no comments",
           work.text(path) + told(done))
    orphan = comment(9, 77, "Nobody", published="2019-03-11T10:00:00.000+01:00")
    done = work.bring(export(work, bare + [orphan]))
    tap.ok(targets() == nowhere, "an orphan makes no page", work.text(path) + told(done))
    done = work.bring(export(work, full))
    tap.ok(targets() == there and "by hand" not in done.stdout,
           "the first comments correct the links", work.text(path) + told(done))
    repeated(tap, work, "the first comments")
    work.bring(work.source("live.xml", blogger.feed([pointer, ROOF])))
    tap.ok(targets() == there, "a feed without comments leaves them", work.text(path))
    roof = with_changes(ROOF, path="/2019/03/on-the-roof.html")
    done = work.bring(work.source("live.xml", blogger.feed([pointer, roof])))
    tap.ok(targets() == ["/2019/03/on-the-roof/comments.gmi", "/2019/03/on-the-roof.gmi",
                         "/about/comments.gmi"], "a post that moves takes them along",
           work.text(path) + told(done))
    repeated(tap, work, "a post that moves")
    done = work.bring("--prune", export(work, [pointer, BOAT, ABOUT, on_page]))
    tap.ok("/on-the-roof" not in work.text(path) and "#c5" in work.text(path),
           "what is pruned keeps its web link", work.text(path) + told(done))
    repeated(tap, work, "what is pruned")
    done = work.bring(export(work, [pointer, roof, BOAT, ABOUT, on_page, on_post]))
    tap.ok(targets() == ["/2019/03/on-the-roof/comments.gmi", "/2019/03/on-the-roof.gmi",
                         "/about/comments.gmi"], "what comes back has them again",
           work.text(path) + told(done))
    repeated(tap, work, "what comes back")
    lost_ledger(tap, work, work.source("export.xml", blogger.legacy(full)))


def one_address(tap, program, folder):
    """Posts that say the same address, that change theirs, or whose address was a guess."""
    first = blogger.dataclasses.replace(BOAT, title="Twin", path="/2019/02/twin.html")
    second = blogger.dataclasses.replace(ROOF, title="Other twin", path=first.path)
    pointer = blogger.dataclasses.replace(SHELVES, body=see("", first.path))
    where = "2019/03/the-shelves.gmi"

    work, done = start(program, folder, "twins", [first, second, pointer])
    tap.ok("=> /2019/02/twin.gmi " in work.text(where), "two posts of one address: the older one",
           work.text(where) + told(done))
    repeated(tap, work, "two posts of one address")
    done = work.bring("--prune", export(work, [second, pointer]))
    tap.ok(done.returncode in (0, 1) and "=> /2019/02/twin-2.gmi " in work.text(where),
           "the other one when that is gone", work.text(where) + told(done))
    repeated(tap, work, "what is pruned from under a link")

    work, done = start(program, folder, "swap", [SHELVES, BOAT, with_changes(
        ROOF, body=see("", SHELVES.path) + see("", BOAT.path))])
    done = work.bring(export(work, [
        with_changes(SHELVES, path=BOAT.path), with_changes(BOAT, path=SHELVES.path),
        with_changes(ROOF, body=see("", SHELVES.path) + see("", BOAT.path))]))
    text = work.text("2019/03/a-night-on-roof.gmi")
    titles = [work.text(path).split("\n")[0]
              for path in re.findall(r"(?m)^=> /(\S+gmi) \d", text)]
    tap.ok(titles == ["# The boat", "# The shelves"], "posts that change places",
           text + str(titles) + told(done))
    repeated(tap, work, "posts that change places")

    twins = [with_changes(ROOF, body=see("", "/2019/03/tales.html")),
             blogger.dataclasses.replace(SHELVES, path="/2019/03/tales.html"),
             blogger.dataclasses.replace(BOAT, path="/2019/03/tales.html")]
    work = Workplace(program, os.path.join(folder, "guess"), BLOG)
    work.bring(work.source("capture.txt", CAPTURE))
    done = work.bring(export(work, twins))
    text = work.text("2019/03/a-night-on-roof.gmi")
    tap.ok(done.returncode == 0 and "=> /2019/" in text,
           "a capture's guess gives way to the address that an export says", text + told(done))
    repeated(tap, work, "a capture's guess")
    renamed(tap, program, folder)
    by_hand(tap, program, folder)


def renamed(tap, program, folder):
    """A post that has another title than in a capture, which comes along with it."""
    work = Workplace(program, os.path.join(folder, "renamed"), BLOG)
    capture = work.source("capture.txt", CAPTURE)
    work.bring(capture)
    for what in ("a post with a new title", "and once more"):
        before = work.stamps()
        done = work.bring(export(work, [with_changes(SHELVES, title="Dry shelves")]), capture)
        tap.ok(done.returncode == 0 and "# Dry shelves" in work.text("2019/03/the-shelves.gmi"),
               what, told(done))
    tap.ok(work.stamps() == before, "changes nothing", changed_names(work, before))


def by_hand(tap, program, folder):
    """A draft that somebody publishes by hand before the blog does."""
    work = Workplace(program, os.path.join(folder, "by hand"), BLOG)
    draft = blogger.dataclasses.replace(BOAT, status="draft")
    work.bring("--drafts", export(work, [SHELVES, draft]))
    old = os.path.join(work.root, ".drafts/2019/02/the-boat.gmi")
    with open(old, encoding="utf-8") as file:
        capsule.write(os.path.join(work.root, "2019/02/the-boat.gmi"), file.read() + "More.\n")
    done = work.bring(export(work, [SHELVES, BOAT]))
    tap.ok("More." in work.text("2019/02/the-boat.gmi") and not os.path.exists(old)
           and len(work.posts()) == 2, "a draft that was published by hand", told(done))
    repeated(tap, work, "a draft that was published by hand")


def repeated(tap, work, what):
    """The same source again writes nothing."""
    last = max((os.path.join(work.folder, "sources", name)
                for name in os.listdir(os.path.join(work.folder, "sources"))),
               key=lambda path: os.stat(path).st_mtime_ns)
    before = work.stamps()
    done = work.bring(*(["--prune"] if "prune" in what else []), last)
    tap.ok(done.returncode == 0 and work.stamps() == before, f"{what}: once",
           told(done) + changed_names(work, before))


def lost_ledger(tap, work, source):
    """Files that hold what would be written are ours again, whatever they link to."""
    shutil.rmtree(work.root)
    os.mkdir(work.root)
    work.bring(source)
    before, ledger = files(work), os.path.join(work.root, ".ledger.tsv")
    os.unlink(ledger)
    done = work.bring(source)
    tap.ok(files(work) == before and not re.search(r"\b[1-9]\d* kept", done.stdout),
           "without its ledger, an import knows its files again",
           told(done) + changed_names(work, before))
    capsule.write(os.path.join(work.root, "2019/02/the-boat.gmi"),
                  "# The boat\n2019-02-01\n\nMine.\n")
    os.unlink(ledger)
    done = work.bring(work.source("export.xml", blogger.legacy(
        [BOAT, Entry(11, "A raft", see("", BOAT.path), "2019-04-01T09:00:00.000+01:00",
                     path="/2019/04/a-raft.html")])))
    tap.ok("=> /2019/02/the-boat.gmi " in work.text("2019/04/a-raft.gmi")
           and "Mine." in work.text("2019/02/the-boat.gmi"),
           "links lead to what was written by hand, too", str(work.posts()) + told(done))
    with open(ledger, encoding="utf-8") as file:
        said = file.read()
    tap.ok("the-boat" not in said, "which the ledger does not claim", said)


CAPTURE = """Notes of a library by the sea.

Showing posts with label Floods. Show all posts

09 March 2019

The shelves

The water came up to the second step.

07 March 2019

A night on the roof

We carried the catalogue upstairs in four boxes. See the shelves, and the lost one.
"""


def two_sources(tap, program, folder):
    """A capture and an export of one blog are one blog, whichever comes first."""
    trees = []
    for name in ("capture first", "export first", "together"):
        work = Workplace(program, os.path.join(folder, name), BLOG)
        sources = [work.source("capture.txt", CAPTURE), export(work, ALL)]
        if name == "export first":
            sources.reverse()
        for part in [sources] if name == "together" else [[source] for source in sources]:
            done = work.bring(*part)
            tap.ok(done.returncode in (0, 1), f"{name}: an import", told(done))
        posts = work.posts()
        tap.ok(len(posts) == 3 and "See the shelves" in posts.get("2019/03/a-night-on-roof.gmi", "")
               and "=> /2019/03/the-shelves.gmi" in posts.get("2019/03/a-night-on-roof.gmi", ""),
               f"{name}: each post once, with what the export knows",
               "\n\n".join(path + "\n" + text for path, text in posts.items()) + told(done))
        tap.ok("/label/tides/" in posts["2019/03/the-shelves.gmi"]
               and "/label/floods/" not in "".join(posts.values()),
               f"{name}: with the labels that the export has, not one that was taken away",
               posts["2019/03/the-shelves.gmi"])
        trees.append(work.posts())
        before = files(work)
        for source in sources:
            done = work.bring(source)
        tap.ok(files(work) == before, f"{name}: both again change nothing",
               told(done) + changed_names(work, before))
    tap.ok(trees[0] == trees[1] == trees[2], "the order does not matter", trees)


if __name__ == "__main__":
    main(unchanged, changed, home, moved, comment_links, one_address, two_sources)

#!/usr/bin/env python3
"""Imports of Blogger's own files: exports, Takeout, saved feeds, in any order, under any name."""

import io
import os
import re
import zipfile

import blogger
import gemini
from blogger import Entry, comment
from importing import Workplace, counted, is_clear, told
from server import Server, main

OWN = {"blog": {"timezone": "Asia/Kathmandu", "old_hosts": "tidebooks.blogspot.com"}}

SLIPS = 2000  # posts whose title gave Blogger no letter for an address

BENGALI = "নদীর ধারের ছোট একটি পাঠাগার " * 8
BENGALI = BENGALI[:200].strip()
LABELS = ["Tides", "tides", "C++", "C#", "C", "a/b", "a?b", "100 % wool", "rain & \"wind\"",
          "<salt>", BENGALI]

SECRETS = ["keeper@tidebooks.example", "guest@reader.example", "mail2blog@secret.example",
           "UA-7654321-SENTINEL", "SENTINELDRAFT", "SENTINELLATER", "SENTINELTRASH",
           "SENTINELTEMPLATE"]

SETTINGS = [("BLOG_NAME", blogger.TITLE), ("BLOG_DESCRIPTION", "Notes of a library by the sea."),
            ("BLOG_TIME_ZONE", "Asia/Kathmandu"), ("BLOG_ADMIN_PERMISSION", SECRETS[0]),
            ("BLOG_AUTHOR_PERMISSION", SECRETS[1]), ("BLOG_SEND_EMAIL", SECRETS[2]),
            ("BLOG_ANALYTICS_ACCOUNT", SECRETS[3])]

DRAFT = Entry(501, "Not yet", "<p>SENTINELDRAFT is for later.</p>", status="draft",
              published="2019-02-02T10:00:00.000+05:45", labels=("Plans",))
LATER = Entry(502, "Next century", "<p>SENTINELLATER</p>", path="/2090/01/next-century.html",
              published="2090-01-01T10:00:00.000+05:45")
TRASH = Entry(503, "Thrown away", "<p>SENTINELTRASH</p>", path="/2019/02/thrown-away.html",
              published="2019-02-03T10:00:00.000+05:45", status="soft_trashed")

POSTS = [
    Entry(101, "The shelves are dry again", "<p>The water came up to the second step.</p>"
          "<ul><li>the atlas</li><li>the songs</li></ul>", "2019-03-09T21:15:30.500+05:45",
          "2019-04-01T08:00:00.000+05:45", "/2019/03/shelves-are-dry-again.html",
          ("Tides", "C#"), "Ama Sarpong"),
    Entry(102, "", "<p>A day without a title.</p>", "2019-03-07T00:10:00.000+05:45",
          path="/2019/03/day-without.html", author="Unknown"),
    Entry(103, "নদীর ধারে", "<p>নদীর ধারে একটি স্কুল আছে।</p>", "2019-01-05T09:00:00.000+05:45",
          path="/2019/01/blog-post_12.html", labels=(BENGALI,)),
    Entry(104, "Ночь на крыше", "<p>Мы сидели на крыше до утра.</p>",
          "2018-12-31T23:59:00.000+05:45",
          path="/2018/12/%D0%BD%D0%BE%D1%87%D1%8C.html", labels=("Tides",)),
    Entry(105, "The month before", "<p>Written in one month, addressed in another.</p>",
          "2018-11-02T10:00:00.000+05:45", path="/2018/10/month-before.html"),
]

PAGES = [Entry(201, "About the library", "<p>Who we are.</p>", "2018-01-02T03:04:00.000+05:45",
               path="/p/about.html", kind="page")]

COMMENTS = [
    comment(302, 101, "Was the songbook safe?", author="Kofi", reply_to=301,
            published="2019-03-10T11:00:00.000+05:45"),
    comment(301, 101, "Good news.<br />Thank you.", author="Rina",
            published="2019-03-10T10:00:00.000+05:45"),
    comment(303, 101, "This comment has been taken down by its author.", author="Nobody",
            removed=True, published="2019-03-11T10:00:00.000+05:45"),
    comment(304, 999, "To a post that is gone.", author="Lost",
            published="2019-03-11T10:00:00.000+05:45"),
]

EVERYTHING = POSTS + PAGES + COMMENTS
COMMON = [entry for entry in EVERYTHING if not entry.removed]  # which Takeout does not mark


def place(program, folder, name, changes=None):
    """A workplace of its own within the folder of a group."""
    return Workplace(program, os.path.join(folder, name), changes or OWN)


def bring_legacy(program, folder, name, entries, changes=None):
    """An export of these entries, imported; returns the workplace and the process."""
    work = place(program, folder, name, changes)
    return work, work.bring(work.source("blog.xml", blogger.legacy(entries)))


def plain(tree):
    """Without what only an export knows: the description."""
    return {path: content for path, content in tree.items() if path != "index.gmi"}


def forms(tap, program, folder):
    """One blog in every form, under names that mislead: the same capsule."""
    work = place(program, folder, "legacy")
    done = work.bring(work.source("notes.txt", blogger.legacy(COMMON, SETTINGS)))
    wanted = plain(work.tree())
    tap.ok(done.returncode == 1 and counted(done, "posts") == 5 and counted(done, "pages") == 1,
           "a legacy export named notes.txt", told(done))
    tap.ok("Notes of a library by the sea." in work.text("index.gmi"),
           "the description is the home page's", work.text("index.gmi"))
    work = place(program, folder, "takeout")
    done = work.bring(work.source("page.html", blogger.takeout(COMMON)))
    tap.ok(done.returncode == 1 and plain(work.tree()) == wanted, "a feed.atom named page.html",
           difference(plain(work.tree()), wanted) + told(done))
    for name, method in (("Takeout.atom", zipfile.ZIP_DEFLATED), ("b.xml", zipfile.ZIP_STORED)):
        work = place(program, folder, name)
        packed = blogger.archive({blogger.TITLE: blogger.takeout(COMMON)}, method)
        done = work.bring(work.source(name, packed))
        tap.ok(done.returncode == 1 and plain(work.tree()) == wanted,
               f"the archive of a Takeout named {name}",
               difference(plain(work.tree()), wanted) + told(done))
    work = place(program, folder, "feeds")
    said = [entry for entry in COMMON if entry.kind == "comment"]
    feeds = [work.source("posts.txt", blogger.feed(POSTS)),
             work.source("pages.html", blogger.feed(PAGES, "pages")),
             work.source("comments.xml", blogger.feed(said, "comments"))]
    done = work.bring(*feeds)
    tap.ok(done.returncode == 1 and plain(work.tree()) == wanted, "three saved feeds",
           difference(plain(work.tree()), wanted) + told(done))
    for name, order in (("turned", reversed(feeds)), ("folder", [os.path.dirname(feeds[0])])):
        turned = place(program, folder, name)
        done = turned.bring(*order)
        tap.ok(turned.tree() == work.tree(), f"the same feeds, {name}",
               difference(turned.tree(), work.tree()) + told(done))
    mixed(tap, program, folder, wanted)


def mixed(tap, program, folder, wanted):
    """All forms at once are one blog."""
    work = place(program, folder, "mixed")
    work.source("takeout.bin", blogger.archive({"Tides": blogger.takeout(COMMON)}))
    work.source("export", blogger.legacy(COMMON, SETTINGS))
    work.source("live.xml", blogger.feed(POSTS))
    work.source("readme.md", "Nothing of a blog.\n")
    done = work.bring(os.path.join(work.folder, "sources"))
    tap.ok(done.returncode == 1 and counted(done, "posts") == 5
           and plain(work.tree()) == wanted, "a folder of all of them is one blog",
           difference(plain(work.tree()), wanted) + told(done))
    for name, entries in (("nothing", []), ("settings only", None)):
        work = place(program, folder, name)
        text = blogger.legacy([], SETTINGS) if entries is None else blogger.feed([])
        done = work.bring(work.source("x.xml", text))
        tap.ok(done.returncode not in (0, 1) and is_clear(done) and not work.tree(),
               f"an export with {name} in it is no import that succeeded", told(done))


def takeouts(tap, program, folder):
    """Takeouts hold more than one feed: only that of the blog is read, and of two blogs one must be
    named."""
    said = blogger.takeout([comment(399, 9999, "On the blog of a friend.")])
    packed = blogger.archive({"Tides": blogger.takeout(COMMON)}, said=said)
    other = blogger.takeout([Entry(1, "Elsewhere", "<p>Of another blog.</p>",
                                   path="/2020/01/elsewhere.html")])
    both = blogger.archive({"Tides": blogger.takeout(COMMON), "Notes": other}, said=said)
    work = place(program, folder, "with comments")
    done = work.bring(work.source("takeout.zip", packed))
    tap.ok(counted(done, "posts") == 5 and counted(done, "comments") == 3,
           "comments on blogs of others are left out", told(done))
    wanted = work.tree()
    own = [entry for entry in COMMON if entry.kind == "comment"]
    done = work.bring("--prune", work.source("feed.atom", blogger.takeout(own)))
    tap.ok(work.tree() == wanted, "a feed of comments alone is no whole blog", told(done))
    done = work.bring(work.source("feed.atom", said))
    tap.ok(done.returncode == 65 and is_clear(done, "no post", "comments")
           and work.tree() == wanted, "nor does one bring anything to others' posts", told(done))
    work = place(program, folder, "unpacked")
    unpack(work, "unpacked", packed)
    done = work.bring(os.path.join(work.folder, "unpacked"))
    tap.ok(work.tree() == wanted and "left out" not in done.stderr,
           "of an unpacked one, too, with all that is no blog",
           difference(work.tree(), wanted) + told(done))
    work = place(program, folder, "two blogs")
    names = [f"Takeout/Blogger/Blogs/{name}/feed.atom" for name in ("Tides", "Notes")]
    packed = work.source("takeout.zip", both)
    unpack(work, "unpacked", both)
    for source in (packed, os.path.join(work.folder, "unpacked")):
        done = work.bring(source)
        tap.ok(done.returncode == 65 and not work.tree()
               and is_clear(done, *(f'"{source}/{name}"' for name in names)),
               "two blogs are no capsule, and what to do is said", told(done))
    done = work.bring(f"{packed}/{names[0]}")
    tap.ok(work.tree() == wanted, "the feed of one is named within the zip",
           difference(work.tree(), wanted) + told(done))
    done = work.bring(f"{packed}/{names[0]}", f"{packed}/{names[1]}")
    tap.ok(set(work.tree()) - set(wanted) == {"2020/01/elsewhere.gmi"},
           "who names both gets both", told(done))
    for name, word in (("/no/such", "no such file"), ("/" + names[0] + "/x", "no such file")):
        done = work.bring(packed + name)
        tap.ok(done.returncode == 65 and is_clear(done, "takeout.zip" + name, word),
               f"{name} is not in it", told(done))


def unpack(work, name, packed):
    """A zip as a folder of the workplace."""
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        files.extractall(os.path.join(work.folder, name))


def difference(got, wanted):
    """The files in which two trees differ."""
    lines = []
    for path in sorted(set(got) | set(wanted)):
        if got.get(path) != wanted.get(path):
            lines.append(f"--- {path}\n{got.get(path, b'(none)').decode()}\n+++ wanted\n"
                         f"{wanted.get(path, b'(none)').decode()}")
    return "\n".join(lines)


def contents(tap, program, folder):
    """What becomes of the parts of a post."""
    work, done = bring_legacy(program, folder, "plain", EVERYTHING)
    post = work.text("2019/03/shelves-are-dry-again.gmi")
    tap.ok(post.startswith("# The shelves are dry again\n2019-03-09 21:15 +0545 · "),
           "title and time with its offset", post)
    tap.ok(" · by Ama Sarpong" in post and " · updated 2019-04-01" in post,
           "author and change", post)
    tap.ok("\n* the atlas\n* the songs\n" in post, "lists", post)
    tap.ok("\n=> /label/tides/ Tides\n" in post, "labels", post)
    tap.ok("\n=> https://tidebooks.blogspot.com/2019/03/shelves-are-dry-again.html Original post\n"
           in post, "the original", post)
    tap.ok(work.text("2019/03/day-without.gmi").startswith("# 2019-03-07\n"),
           "a post without a title has its date", told(done))
    tap.ok("2019/01/blog-post_12.gmi" in work.posts(), "an address without letters is kept",
           "\n".join(work.posts()))
    tap.ok("2018/12/ночь.gmi" in work.posts(), "an address of other letters is kept",
           "\n".join(work.posts()))
    tap.ok("2018/10/month-before.gmi" in work.posts(), "an address is kept whatever the date",
           "\n".join(work.posts()))
    tap.ok(work.text("about.gmi").startswith("# About the library\n"), "a page", told(done))
    tap.ok("Who we are." in work.text("about.gmi"), "its text", work.text("about.gmi"))
    offsets(tap, program, folder)
    month_border(tap, program, folder)
    labels(tap, program, folder)
    slips(tap, program, folder)


def offsets(tap, program, folder):
    """Times are those of the export, whatever zone the machine or the ini names."""
    cases = [("2012-10-28T02:30:00.000+02:00", "2012-10-28 02:30 +0200"),
             ("2012-10-28T02:30:00.000+01:00", "2012-10-28 02:30 +0100"),
             ("2011-12-31T23:30:00.000+13:00", "2011-12-31 23:30 +1300"),
             ("2011-12-31T23:30:00.000-11:00", "2011-12-31 23:30 -1100"),
             ("2010-06-01T00:00:00.000+05:45", "2010-06-01 00:00 +0545"),
             ("1981-02-03T04:05:06.007Z", "1981-02-03 04:05 +0000"),
             ("2016-02-29T12:00:00.000-03:30", "2016-02-29 12:00 -0330")]
    entries = [Entry(i + 1, f"Case {i}", published=stamp,
                     path=f"/{stamp[:4]}/{stamp[5:7]}/case-{i}.html")
               for i, (stamp, _) in enumerate(cases)]
    work, done = bring_legacy(program, folder, "offsets", entries)
    for i, (stamp, line) in enumerate(cases):
        text = work.text(f"{stamp[:4]}/{stamp[5:7]}/case-{i}.gmi")
        tap.ok(text.splitlines()[1:2] and text.splitlines()[1].startswith(line), stamp,
               text + told(done))


def month_border(tap, program, folder):
    """Takeout's times are in UTC: the blog's zone says which day it was."""
    entries = [Entry(1, "Late evening in London", published="2018-12-31T20:00:00.000Z"),
               Entry(2, "Kept address", published="2018-12-31T20:00:00.000Z",
                     path="/2018/12/kept-address.html")]
    work = place(program, folder, "border")
    done = work.bring(work.source("feed.atom", blogger.takeout(entries)))
    tap.ok(sorted(work.posts()) == ["2018/12/kept-address.gmi",
                                    "2019/01/late-evening-in-london.gmi"],
           "a post without an address is of the month of its own zone", told(done))
    for path, text in work.posts().items():
        tap.ok(text.splitlines()[1].startswith("2019-01-01 01:45 +0545"),
               f"the time in the blog's zone: {path}", text)
    zones = {"blog": {"timezone": "Europe/Brussels"}}
    night = [Entry(1, "Before", published="2012-10-28T00:30:00.000Z", path="/2012/10/before.html"),
             Entry(2, "After", published="2012-10-28T01:30:00.000Z", path="/2012/10/after.html")]
    work = place(program, folder, "night", zones)
    done = work.bring(work.source("feed.atom", blogger.takeout(night)))
    lines = [work.text(f"2012/10/{name}.gmi").splitlines()[1:2] for name in ("before", "after")]
    tap.ok([line[0][:22] for line in lines if line]
           == ["2012-10-28 02:30 +0200", "2012-10-28 02:30 +0100"],
           "the night in which the clock is put back", f"{lines} {told(done)}")
    work = place(program, folder, "nowhere", {"blog": {"timezone": "Asia/Nowhere"}})
    done = work.bring(work.source("feed.atom", blogger.takeout(night)))
    tap.ok(done.returncode == 78 and not work.tree(), "an unknown zone: 78", told(done))


def labels(tap, program, folder):
    """Each label is a place of its own, whatever its name."""
    entries = [Entry(i + 1, f"Labelled {i}", labels=(label,), path=f"/2019/03/labelled-{i}.html",
                     published=f"2019-03-{i + 1:02}T10:00:00.000Z")
               for i, label in enumerate(LABELS)]
    work, done = bring_legacy(program, folder, "labels", entries)
    found = {}
    for i, label in enumerate(LABELS):
        text = work.text(f"2019/03/labelled-{i}.gmi")
        line = re.search(r"^=> /label/(\S+)/ (.*)$", text, re.MULTILINE)
        found[label] = line.group(1) if line else text
        tap.ok(line and (line.group(2) == label or label == "tides"), f"the label {label[:20]}",
               text + told(done))
    slugs = [slug for label, slug in found.items() if label != "tides"]
    tap.ok(len(set(slugs)) == len(slugs), "no two labels have one address", found)
    tap.ok(found["Tides"] == found["tides"], "case twins are one label", found)
    with Server(program, work.ini) as server:
        for label, slug in found.items():
            page = gemini.get(server.gemini, f"/label/{slug}/")
            count = page.text.count("/2019/03/labelled-")
            tap.ok(page.status == 20 and count == (2 if label.lower() == "tides" else 1),
                   f"the page of the label {label[:20]}", repr(page))


def slips(tap, program, folder):
    """Thousands of posts whose addresses Blogger only numbered, and some that it never gave."""
    entries = [Entry(i + 1, "Ночь", path="/2019/03/blog-post" + (f"_{i:02}" if i else "") + ".html",
                     body=f"<p>Текст {i}</p>") for i in range(SLIPS)]
    entries += [Entry(SLIPS + i + 1, "Ночь", published=f"2019-04-01T10:00:{i:02}.000Z",
                      body=f"<p>Без адреса {i}</p>") for i in range(3)]
    work, done = bring_legacy(program, folder, "slips", entries)
    found = work.posts()
    kept = [path for path in found if path.startswith("2019/03/blog-post")]
    made = sorted(path for path in found if path.startswith("2019/04/"))
    tap.ok(len(kept) == SLIPS and "Текст 1999\n" in found["2019/03/blog-post_1999.gmi"],
           f"{SLIPS} numbered posts", f"{len(kept)} {told(done)}")
    tap.ok(made == ["2019/04/post-2.gmi", "2019/04/post-3.gmi", "2019/04/post.gmi"],
           "new addresses are numbered in order of date", made)
    tap.ok("Без адреса 0\n" in found.get("2019/04/post.gmi", ""), "from the oldest on", told(done))


def duplicates(tap, program, folder):
    """The same id twice: the newer one wins, wherever it stands."""
    old = Entry(7, "First words", "<p>The old text.</p>", path="/2019/03/words.html",
                labels=("Old",))
    new = Entry(7, "Last words", "<p>The new text.</p>", path="/2019/03/words.html",
                updated="2019-05-01T10:00:00.000Z", labels=("New",))
    other = Entry(8, "Another", path="/2019/03/another.html")
    trees = []
    for name, entries in (("one", [old, other, new]), ("two", [new, other, old])):
        work, done = bring_legacy(program, folder, name, entries)
        text = work.text("2019/03/words.gmi")
        tap.ok(len(work.posts()) == 2 and "The new text." in text and "Last words" in text
               and "The old text." not in text, f"the later update wins, order {name}",
               text + told(done))
        tap.ok("twice 1" in done.stdout, "and it is said", told(done))
        trees.append(work.tree())
    tap.ok(trees[0] == trees[1], "the order of the file does not matter",
           difference(trees[0], trees[1]))
    shuffled = EVERYTHING[::-1]
    work, _ = bring_legacy(program, folder, "order", EVERYTHING)
    back, _ = bring_legacy(program, folder, "back", shuffled)
    tap.ok(work.tree() == back.tree(), "nor does it in the whole blog",
           difference(work.tree(), back.tree()))


def secrets(tap, program, folder):
    """Drafts, what was thrown away, settings and addresses of people stay out."""
    entries = EVERYTHING + [DRAFT, LATER]
    authored = [Entry(601, "By mail", "<p>Sent from afar.</p>", path="/2019/03/by-mail.html",
                      author="post.box@writer.example")]
    for name, text in [
            ("legacy", blogger.legacy(entries + authored, SETTINGS, "<b>SENTINELTEMPLATE</b>")),
            ("takeout", blogger.takeout(entries + [TRASH]))]:
        work = place(program, folder, name)
        report = os.path.join(work.folder, "report.txt")
        done = work.bring("--report", report, work.source("x", text))
        found = [word for word in SECRETS if word.encode() in work.everything()]
        tap.ok(not found and done.returncode == 1, f"{name}: nothing private is in the capsule",
               f"{found} {told(done)}")
        with open(report, encoding="utf-8") as file:
            said = file.read() + done.stdout + done.stderr
        found = [word for word in SECRETS[:4] if word in said]
        tap.ok(not found, f"{name}: nor in the report", said)
        addresses = re.findall(rb"[\w.-]+@[\w-]+\.[\w.-]+", work.everything())
        tap.ok(not addresses, f"{name}: no e-mail address of any author", addresses)
        tap.ok(counted(done, "drafts") == 1 and counted(done, "scheduled") == 1,
               f"{name}: the summary counts them", told(done))
    tap.ok(counted(done, "trashed") == 1, "also what was thrown away", told(done))
    drafts(tap, program, folder)


def drafts(tap, program, folder):
    """--drafts keeps them where nobody is served them."""
    work = place(program, folder, "drafts")
    source = work.source("x.xml", blogger.legacy(EVERYTHING + [DRAFT, LATER]))
    done = work.bring("--drafts", source)
    hidden = {path: content.decode() for path, (content, _) in work.stamps().items()
              if path.startswith(".drafts/")}
    tap.ok(len(hidden) == 1 and "SENTINELDRAFT is for later." in "".join(hidden.values()),
           "--drafts writes drafts below .drafts", f"{list(work.stamps())} {told(done)}")
    tap.ok(not any(b"SENTINEL" in content for content in work.tree().values()),
           "and nowhere else", told(done))
    with Server(program, work.ini) as server:
        for path in hidden or [".drafts/not-yet.gmi"]:
            tap.ok(gemini.get(server.gemini, "/" + path).status == 51, f"/{path} is not served")
        pages = [gemini.get(server.gemini, path).text
                 for path in ("/", "/label/", "/archive/", "/search?SENTINELDRAFT", "/atom.xml",
                              "/2019/02/")]
        tap.ok(not any("Not yet" in page or "label/plans" in page for page in pages),
               "no list names it", "\n".join(pages))
    before = work.stamps()
    done = work.bring("--drafts", source)
    tap.ok(done.returncode == 0 and work.stamps() == before, "a second time changes nothing",
           told(done))
    done = work.bring(source)
    tap.ok(work.stamps() == before, "nor does an import without --drafts", told(done))
    live = Entry(501, "Not yet", "<p>Now it is there.</p>", path="/2019/02/not-yet.html",
                 published="2019-02-02T10:00:00.000+05:45")
    done = work.bring("--drafts", work.source("y.xml", blogger.legacy(EVERYTHING + [live])))
    left = [path for path in work.stamps() if path.startswith(".drafts/")]
    tap.ok("Now it is there." in work.text("2019/02/not-yet.gmi") and not left,
           "a draft that was published is one no longer", f"{left} {told(done)}")


LINKS = [
    ("http://tidebooks.blogspot.com/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("https://tidebooks.blogspot.com/2019/03/day-without.html?m=1", "/2019/03/day-without.gmi"),
    ("http://tidebooks.blogspot.co.uk/2019/03/day-without.html#more", "/2019/03/day-without.gmi"),
    ("http://www.tidebooks.blogspot.com.br/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("//tidebooks.blogspot.in/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("HTTP://TideBooks.Blogspot.COM/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("https://www.tidelibrary.example/2019/03/day-without.html", "/2019/03/day-without.gmi"),
    ("http://tidebooks.blogspot.com/p/about.html", "/about.gmi"),
    ("http://tidebooks.blogspot.com/search/label/Tides", "/label/tides/"),
    ("http://tidebooks.blogspot.com/", "/"),
    ("http://tidebooks.blogspot.com/2018/12/%D0%BD%D0%BE%D1%87%D1%8C.html",
     "/2018/12/%D0%BD%D0%BE%D1%87%D1%8C.gmi"),
    ("http://other.blogspot.com/2019/03/day-without.html",
     "http://other.blogspot.com/2019/03/day-without.html"),
    ("http://tidebooks.blogspot.com.evil.example/2019/03/day-without.html",
     "http://tidebooks.blogspot.com.evil.example/2019/03/day-without.html"),
]
DEAD = "https://tidebooks.blogspot.com/2011/01/long-gone.html"


def links(tap, program, folder):
    """Links of the blog to itself become links within the capsule."""
    body = "".join(f"<p><a href='{address}'>Case {i} of a link</a></p>"
                   for i, (address, _) in enumerate(LINKS))
    unknown = f"{blogger.HOST}/2019_03_01_archive.html"
    body += f"<p>And <a href='{unknown}'>a whole month</a> of it.</p>"
    body += f"<p>Also <a href='{DEAD}'>a post that is gone</a>, says the keeper.</p>"
    changes = {"blog": {**OWN["blog"], "old_hosts": "tidebooks.blogspot.com, tidelibrary.example"}}
    work = place(program, folder, "links", changes)
    report = os.path.join(work.folder, "report.txt")
    linker = Entry(900, "Links", body, path="/2019/03/links.html",
                   related="//www.example.org/a place")
    done = work.bring("--report", report,
                      work.source("x.xml", blogger.legacy([linker] + EVERYTHING)))
    text = work.text("2019/03/links.gmi")
    for i, (address, target) in enumerate(LINKS):
        tap.ok(f"=> {target} Case {i} of a link\n" in text, f"{address} -> {target}", text)
    tap.ok("=> https://www.example.org/a%20place Link\n" in text, "the link of the post itself",
           text)
    tap.ok(f"=> {DEAD} " in text, "a dead link keeps its web address", text)
    with open(report, encoding="utf-8") as file:
        said = file.read()
    tap.ok(re.search(rf"2019/03/links\.gmi: .*{re.escape(DEAD)}", said),
           "and the report names it and its post", said)
    tap.ok(f"=> {unknown} " in text and re.search(rf"2019/03/links\.gmi: .*{unknown}", said),
           "so does what is no post, but the blog's", text + said)
    tap.ok(done.returncode == 1, "which is a warning", told(done))
    served(tap, work)


def served(tap, work):
    """Old addresses answer with the new ones."""
    moved = [("/2019/03/shelves-are-dry-again.html", "/2019/03/shelves-are-dry-again.gmi"),
             ("/2019/03/shelves-are-dry-again.html?m=1", "/2019/03/shelves-are-dry-again.gmi"),
             ("/2019/03/shelves-are-dry-again.html?showComment=1352034919753",
              "/2019/03/shelves-are-dry-again.gmi"),
             ("/2018/10/month-before.html", "/2018/10/month-before.gmi"),
             ("/2018/12/%D0%BD%D0%BE%D1%87%D1%8C.html", "/2018/12/%D0%BD%D0%BE%D1%87%D1%8C.gmi"),
             ("/p/about.html", "/about.gmi"), ("/search/label/Tides", "/label/tides/"),
             ("/search?updated-max=2019-03-09T10:00:00%2B05:45", "/2019/03/"),
             ("/search/label/Tides?max-results=20", "/label/tides/"),
             ("/2019_03_01_archive.html", "/2019/03/"), ("/index.html", "/")]
    with Server(work.program, work.ini) as server:
        for old, new in moved:
            answer = gemini.get(server.gemini, old)
            tap.ok(answer.status == 31 and answer.meta.endswith(new), f"{old} answers 31 {new}",
                   repr(answer))
        answer = gemini.get(server.gemini, "/2019/03/never-was.html")
        tap.ok(answer.status == 51, "an unknown one 51", repr(answer))


def comments(tap, program, folder):
    """A page beside the post, in the order of the conversation."""
    work, done = bring_legacy(program, folder, "comments", EVERYTHING)
    path = "2019/03/shelves-are-dry-again/comments.gmi"
    text = work.text(path)
    tap.ok(text.startswith("# Comments on The shelves are dry again\n\n"
                           "=> /2019/03/shelves-are-dry-again.gmi "), "a page of comments",
           text + told(done))
    rina, kofi = text.find("## Rina, 2019-03-10 10:00 +0545"), text.find("## Kofi, 2019-03-10")
    tap.ok(0 < rina < kofi, "a reply stands behind what it answers", text)
    tap.ok("Reply to Rina\nWas the songbook safe?" in text, "and says whom", text)
    tap.ok("Good news.\nThank you.\n" in text, "lines of comments are lines", text)
    tap.ok("removed" in text and "taken down" not in text, "a removed comment is only marked", text)
    tap.ok("To a post that is gone." not in work.everything().decode("utf-8", "replace"),
           "a comment without its post is not published", told(done))
    tap.ok(re.search(r"(?i)orphan|comment", done.stderr) and "999" in done.stderr,
           "but reported", told(done))
    tap.ok(not [path for path in work.tree() if path.endswith("comments.gmi")
                and "shelves" not in path], "no page without comments", list(work.tree()))
    with Server(program, work.ini) as server:
        footer = gemini.get(server.gemini, "/2019/03/shelves-are-dry-again.gmi").text
        tap.ok(re.search(r"(?m)^=> /2019/03/shelves-are-dry-again/comments\.gmi .*\b3\b", footer),
               "the post's footer has their number", footer)
        page = gemini.get(server.gemini, "/" + path)
        tap.ok(page.status == 20 and page.text == text, "and the page is served", repr(page))
    of_page(tap, program, folder)
    knots(tap, program, folder)


def of_page(tap, program, folder):
    """Comments on a static page."""
    said = comment(306, 201, f"A fine house. <a href='{DEAD}'>This</a> is gone.", author="Rina",
                   published="2019-03-12T10:00:00.000+05:45")
    work, done = bring_legacy(program, folder, "of a page", PAGES + [said])
    tap.ok("A fine house." in work.text("about/comments.gmi"), "comments on a page", told(done))
    tap.ok(done.returncode == 1 and f"about/comments.gmi: link: {DEAD}" in done.stderr,
           "a dead link in one is told", told(done))
    with Server(program, work.ini) as server:
        page = gemini.get(server.gemini, "/about.gmi").text
        tap.ok(page.startswith(work.text("about.gmi"))
               and re.search(r"(?m)^=> /about/comments\.gmi 1 comment \(", page),
               "are linked from it with their number", page)


def knots(tap, program, folder):
    """Threads that no conversation has."""
    odd = [comment(401, 101, "I answer myself.", reply_to=401, author="A"),
           comment(402, 101, "I answer the next.", reply_to=403, author="B"),
           comment(403, 101, "I answer the one before.", reply_to=402, author="C"),
           comment(404, 101, "I answer nobody known.", reply_to=777, author="D"),
           comment(405, 101, "## Not a heading<br />=> gemini://evil.example/ x<br />``` y",
                   author="# E => x\t\x85")]
    odd += [comment(1000 + i, 101, f"Deep {i}.", reply_to=999 + i if i else 0, author="F")
            for i in range(3000)]
    work, done = bring_legacy(program, folder, "knots", POSTS + odd)
    text = work.text("2019/03/shelves-are-dry-again/comments.gmi")
    lost = [entry.body for entry in odd if entry.number != 405 and entry.body not in text]
    tap.ok(not lost, "self-answers, circles and 3000 levels lose no comment",
           f"{lost[:5]} {told(done)}")
    heads = re.findall(r"(?m)^## ", text)
    tap.ok(len(heads) == len(odd) and "\n=> gemini://evil" not in text,
           "no comment can look like another one", text[-400:])


if __name__ == "__main__":
    main(forms, takeouts, contents, duplicates, secrets, links, comments)

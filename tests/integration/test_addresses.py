#!/usr/bin/env python3
"""Addresses that a blog had (IMPORT.md 1.6), posts that moved or are gone, and pages of comments:
as a Gemini client and as a Gopher client finds them."""

import os
import urllib.parse

import capsule
import gemini
import gopher
from capsule import POSTS
from server import Server, main, run, write_ini

SLASHED = """# One more
2015-06-30

A label with a slash in its name.

=> /label/women-youth/ Women/Youth
"""

LEDGER = "\n".join("\t".join(row) for row in [
    ("id", "path", "digest", "old", "state", "position", "source"),
    ("1", "2017/11/regen.gmi", "", "/2017/11/regen-op-het-dak.html"),
    ("2", "about.gmi", "", "/p/who-we-are.html"),
    ("3", "2018/03/last.gmi", "", "/2018/03/last.html"),
    ("moved:2018/02/last.gmi", "2018/02/last.gmi", "", "", "moved", "", "3"),
    ("moved:2018/01/early.gmi", "2018/01/early.gmi", "", "", "moved", "", "3"),
    ("4", "2016/02/withdrawn.gmi", "", "/2016/02/withdrawn-post.html", "gone"),
]) + "\n"

COMMENTS = """# Comments on The clinic is open again

=> /2018/03/last.gmi The clinic is open again

## Bo, 2018-03-02 21:15 +0100
At last.

## Amina, 2018-03-03 08:00 +0000
Reply to Bo
At last!
"""

MOVED = [
    ("/2017/11/regen-op-het-dak.html", "/2017/11/regen.gmi"),
    ("/2017/11/regen-op-het-dak.html?m=1", "/2017/11/regen.gmi"),
    ("/2017/11/regen-op-het-dak.html?showComment=1352034919753&utm_source=x", "/2017/11/regen.gmi"),
    ("/2017/11/dijk.html", "/2017/11/dijk.gmi"),
    ("/2018/03/last.html", "/2018/03/last.gmi"),
    ("/2018/02/last.html", "/2018/03/last.gmi"),
    ("/2018/02/last.gmi", "/2018/03/last.gmi"),
    ("/2018/01/early.gmi", "/2018/03/last.gmi"),
    ("/p/who-we-are.html", "/about.gmi"),
    ("/p/about.html?m=0", "/about.gmi"),
    ("/p/%61bout.html", "/about.gmi"),
    ("/search/label/Work", "/label/work/"),
    ("/search/label/work?max-results=20&updated-max=2017-11-20", "/label/work/"),
    ("/search/label/health%20care", "/label/health-care/"),
    ("/search/label/health+care", "/label/health-care/"),
    ("/search/label/Floods%20%26%20rain", "/label/floods-rain/"),
    ("/search/label/Work+Floods", "/label/work/"),
    ("/search/label/Women%2FYouth?max-results=20", "/label/women-youth/"),
    ("/search/label/women%2fyouth", "/label/women-youth/"),
    ("/search/label/Women/Youth", "/label/women-youth/"),
    ("/feeds/posts/default/-/Women%2FYouth", "/label/women-youth/atom.xml"),
    (f"/search/label/{capsule.BANGLA[0]}", f"/label/{capsule.BANGLA[0]}/"),
    ("/search?updated-max=2017-11-20T08:15:00%2B02:00&max-results=7", "/2017/11/"),
    ("/search?updated-max=2017-11-20T08:15:00+02:00", "/2017/11/"),
    ("/search?q=rain+coat&m=1", "/search?rain%20coat"),
    ("/2017/11/20/", "/2017/11/"),
    ("/2017_11_01_archive.html", "/2017/11/"),
    ("/2017_12_24_archive.html", "/2017/12/"),
    ("/2017_10_29_archive.html", "/2017/"),
    ("/2017/10/29/", "/2017/"),
    ("/search?updated-max=2017-10-29T08:15:00&max-results=7", "/2017/"),
    ("/archive.html", "/archive/"),
    ("/index.html", "/"),
    ("/feeds/posts/default/-/Work", "/label/work/atom.xml"),
    ("/feeds/posts/default/-/health+care?alt=rss", "/label/health-care/atom.xml"),
    ("/feeds/posts/default", "/atom.xml"),
    ("/feeds/posts/default?alt=rss&max-results=9", "/atom.xml"),
    ("/feeds/posts/summary", "/atom.xml"),
    ("/rss.xml", "/atom.xml"),
]

GONE = ["/2016/02/withdrawn.gmi", "/2016/02/withdrawn.html", "/2016/02/withdrawn-post.html",
        "/2016/02/withdrawn-post.html?m=1"]

ABSENT = ["/2017/11/never.html", "/2014/11/regen-op-het-dak.html", "/p/never.html",
          "/search/label/never", "/search?updated-max=2014-11-20T08:15:00",
          "/2017/11/31/", "/2017_02_29_archive.html", "/2018/03/last", "/2018/03/last/",
          "/p/.hidden.html", "/feeds/comments/default", "/feeds/posts/default/-/never"]


# On Gemini, where an encoded slash is a slash only in the name of a label.
NO_SEPARATOR = ["/search%2Flabel/Work", "/search/label%2FWork", "/label%2Fwork/"]


def fixture(folder):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, ".ledger.tsv"), LEDGER)
    capsule.write(os.path.join(root, "2018/03/last/comments.gmi"), COMMENTS)
    capsule.write(os.path.join(root, "2015/06/slashed.gmi"), SLASHED)
    return write_ini(folder)


def with_gemini(tap, program, folder):
    with Server(program, fixture(folder)) as server:
        for old, new in MOVED:
            answer = gemini.get(server.gemini, old)
            tap.ok(answer.status == 31 and not answer.faults() and
                   answer.meta.removeprefix("gemini://localhost:1965").removeprefix(
                       "gemini://localhost") == new, f"{old} moved to {new}", repr(answer))
            there = gemini.get(server.gemini, new)
            tap.ok(there.status == 20, f"{new} is there", repr(there))
        for path in GONE:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 52 and answer.meta == "Removed" and not answer.faults(),
                   f"{path} is gone", repr(answer))
        for path in [*ABSENT, *NO_SEPARATOR]:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 51 and not answer.faults(), f"{path} is nothing", repr(answer))
        answer = gemini.get(server.gemini, "/search/label/..%2F..%2F..%2Fx")
        tap.ok(answer.status == 59, "a label does not climb out of the capsule", repr(answer))
        answer = gemini.get(server.gemini, "/2017/11/never.html")
        tap.ok(answer.meta.endswith(" /2017/11/"), "an unknown post names its month", repr(answer))
        answer = gemini.get(server.gemini, "/?m=1")
        tap.ok(answer.status == 20 and answer.text.startswith(capsule.HOME), "/?m=1 is the home",
               repr(answer))


def with_gopher(tap, program, folder):
    with Server(program, fixture(folder)) as server:
        for old, new in MOVED:
            answer = gopher.get(server.gopher, old)
            items = gopher.items(answer) if gopher.is_menu(answer) else []
            name = new if "?" in new else urllib.parse.unquote(new.removesuffix("gmi"))
            tap.ok(len(items) == 1 and items[0].selector.startswith(name),
                   f"Gopher: {old} is a menu that leads to {new}", repr(answer))
            there = gopher.get(server.gopher, items[0].selector if items else "/none")
            tap.ok(not gopher.is_error(there), f"Gopher: {new} is there", repr(there[:80]))
        for old in [old for old, _ in MOVED if ".html" in old]:
            short = old.replace(".html", "")
            answer = gopher.get(server.gopher, short)
            tap.ok(answer == gopher.get(server.gopher, old), f"Gopher: {short} is {old}",
                   repr(answer))
        for path in [*GONE, *(path for path in ABSENT if path != "/2018/03/last"),
                     "/2016/02/withdrawn-post", "/2017/11/never", "/p/never",
                     "/2017_02_29_archive"]:
            answer = gopher.get(server.gopher, path)
            tap.ok(gopher.is_error(answer), f"Gopher: {path} is an error", repr(answer[:80]))


def comments(tap, program, folder):
    """The footer of a post leads to its comments and says what they cost; so does Gopher's."""
    ini = fixture(folder)
    path, size = "/2018/03/last/comments.gmi", len(COMMENTS)
    with Server(program, ini) as server:
        footer = gemini.get(server.gemini, POSTS[0].path).text[len(POSTS[0].text):]
        tap.ok(f"=> {path} 2 comments ({size} B)\n" in footer, "a post leads to its comments",
               footer)
        tap.ok("comment" not in gemini.get(server.gemini, POSTS[1].path).text,
               "a post without comments does not speak of them")
        tap.ok(gemini.get(server.gemini, path).text == COMMENTS, "the comments are a page")
        found = [item for item in gopher.items(gopher.get(server.gopher, POSTS[0].path))
                 if item.selector.startswith("/2018/03/last/comments")]
        tap.ok(len(found) == 1 and "2 comments" in found[0].text, "Gopher: a post leads to them",
               found)
        menu = gopher.get(server.gopher, path)
        text = gopher.get(server.gopher, path[:-len("gmi")] + "txt")
        tap.ok(gopher.is_menu(menu) and any("At last!" in line for line in gopher.info(menu)),
               "Gopher: they are a menu", repr(menu))
        tap.ok(gopher.is_text(text) and b"\r\nAt last!\r\n" in text, "Gopher: they are a text",
               repr(text))
    done = run(program, "check", "-c", ini)
    tap.ok(path not in done.stdout + done.stderr, "check finds no fault with them",
           done.stdout + done.stderr)


def real_files(tap, program, folder):
    """What is in the capsule beats what was in the blog."""
    ini = fixture(folder)
    root = os.path.join(folder, "capsule")
    for name in ("2017/11/dijk.html", "archive.html", "index.html", "2016/02/withdrawn.gmi",
                 "2018/02/last.gmi", "2017/11/20/index.gmi"):
        capsule.write(os.path.join(root, name), "Real\n")
    with Server(program, ini) as server:
        for path in ("/2017/11/dijk.html", "/archive.html", "/index.html",
                     "/2016/02/withdrawn.gmi", "/2018/02/last.gmi", "/2017/11/20/"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 20 and answer.text.startswith("Real\n"), f"{path} is a file",
                   repr(answer))
        answer = gemini.get(server.gemini, "/2016/02/withdrawn-post.html")
        tap.ok(answer.status == 31, "what came back is led to again", repr(answer))


if __name__ == "__main__":
    main(with_gemini, with_gopher, comments, real_files)

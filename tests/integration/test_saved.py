#!/usr/bin/env python3
"""Saved pages of a blog beside its export: what a theme does not show is not lost, and the comments
of a page find the post by its address."""

import os
from html import escape

import blogger
import capsule
from blogger import Entry, comment
from importing import Workplace, counted, told
from server import main

BLOG = {"blog": {"old_hosts": "tidebooks.blogspot.com", "timezone": "Europe/Brussels"}}

SHELVES = Entry(1, "The shelves", "<p>The water came up to the second step.</p>",
                "2019-03-09T21:15:00.000+01:00", "2020-01-01T10:00:00.000+01:00",
                "/2019/03/the-shelves.html", ("Tides", "Books"))
WORD = comment(5, 1, "How good to read.", author="Rina",
               published="2019-03-10T10:00:00.000+01:00")

POST = "2019/03/the-shelves.gmi"
COMMENTS = "2019/03/the-shelves/comments.gmi"


def page(entry, said=(), labels=(), has_ids=True, modified=""):
    """An item page; said are (number, author, text, milliseconds) of comments."""
    address = blogger.HOST + entry.path
    names = ", ".join(f"<a href='{blogger.HOST}/search/label/{name}' rel='tag'>{name}</a>"
                      for name in labels)
    talk = "".join(
        f"<li class='comment' id='c{number}'><cite class='user'>{author}</cite>"
        f"<a href='{address}?showComment={millis}#c{number}'>some day</a>"
        f"<p class='comment-content'>{text}</p></li>" for number, author, text, millis in said)
    return ("<!DOCTYPE html>\n<html lang='en'><head><meta content='blogger' name='generator'/>"
            f"<link href='{address}' rel='canonical'/><title>{escape(entry.title)}</title></head>"
            f"<body><div class='post hentry'><meta itemprop='blogId' content='{blogger.BLOG}'/>"
            f"<h3 class='post-title entry-title'>{escape(entry.title)}</h3>"
            f"<div class='post-body entry-content'"
            + (f" id='post-body-{entry.number}'" if has_ids else "") +
            f">{entry.body}<div style='clear: both;'></div></div>"
            f"<a class='timestamp-link' href='{address}'>"
            f"<abbr class='published' title='{entry.published}'>some day</abbr></a>"
            + (f"<meta itemprop='dateModified' content='{modified}'/>" if modified else "")
            + f"<span class='post-labels'>{names}</span></div>"
            f"<ol>{talk}</ol></body></html>")


RINA = (5, "Rina", "How good to read.", 1552208400000)
KOFI = (6, "Kofi", "Indeed.", 1552212000000)
OTHER = blogger.dataclasses.replace(SHELVES, body="<p>The water came up.</p>")


def start(program, folder, name):
    """A capsule that holds the export."""
    work = Workplace(program, os.path.join(folder, name), BLOG)
    work.bring(work.source("export.xml", blogger.legacy([SHELVES, WORD])))
    return work


def behind(tap, program, folder):
    """A page of a post that an export has brought."""
    work = start(program, folder, "behind")
    before = work.tree()
    done = work.bring(work.source("page.html", page(OTHER, [RINA])))
    tap.ok(done.returncode == 0 and work.tree() == before,
           "it takes away neither author nor labels nor the day of the change",
           work.text(POST) + told(done))
    stamps = work.stamps()
    done = work.bring(os.path.join(work.folder, "sources/page.html"))
    tap.ok(work.stamps() == stamps, "a second time changes nothing", told(done))
    work.bring(work.source("page.html", page(OTHER, [RINA], ["Old"])))
    tap.ok("Old" not in work.text(POST), "it adds no label that the blog took away",
           work.text(POST))
    done = work.bring("--check", work.source("page.html", page(OTHER, [RINA], ["Old"])))
    tap.ok(counted(done, "labels") == len(SHELVES.labels)
           and b"label:old" not in work.stamps()[".ledger.tsv"][0],
           "nor does the ledger know it, or the report count it", told(done))
    done = work.bring(work.source("page.html", page(OTHER, modified="2020-02-02T10:00:00+01:00")))
    text = work.text(POST)
    tap.ok("The water came up.\n" in text and "by Ama · updated 2020-02-02" in text
           and "=> /label/books/ Books" in text, "a page of a later day brings its text",
           text + told(done))
    work = Workplace(program, os.path.join(folder, "pages only"), BLOG)
    work.bring(work.source("page.html", page(SHELVES, [RINA])))
    done = work.bring(work.source("page.html", page(OTHER, [RINA, KOFI])))
    tap.ok("The water came up.\n" in work.text(POST) and "Indeed." in work.text(COMMENTS),
           "where only pages are known the one that comes last is taken",
           work.text(POST) + told(done))
    done = work.bring(work.source("export.xml", blogger.legacy([SHELVES, WORD])))
    tap.ok(work.tree() == before, "until an export comes", work.text(POST) + told(done))


def edited(tap, program, folder):
    """What hands have changed is not ours because a source has nothing to add to it."""
    more = f"<a href='{blogger.HOST}{SHELVES.path}#more'>On</a><div style"
    for name, text in (
            ("page.html", page(SHELVES, [RINA])),
            ("capture.txt", "Notes.\n\n09 March 2019\n\nThe shelves\n\nThe water.\n"),
            ("index.html", page(SHELVES).replace("<div style", more))):
        work = start(program, folder, f"edited, {name}")
        path = os.path.join(work.root, POST)
        capsule.write(path, work.text(POST).replace("second", "third"))
        work.bring(work.source(name, text))
        done = work.bring(work.source("export.xml", blogger.legacy(
            [blogger.dataclasses.replace(OTHER, updated="2020-05-05T10:00:00.000+01:00"), WORD])))
        tap.ok("third step" in work.text(POST), f"an edited post is kept after {name}",
               work.text(POST) + told(done))


def addressed(tap, program, folder):
    """Comments of a page that knows no number of its post."""
    plain = page(SHELVES, [RINA, KOFI], has_ids=False)
    work = start(program, folder, "behind an export")
    done = work.bring(work.source("page.html", plain))
    tap.ok("## Kofi, 2019-03-10 11:00 +0100\nIndeed." in work.text(COMMENTS)
           and work.text(COMMENTS).count("How good") == 1 and "orphan" not in done.stderr,
           "they find the post of an export by its address", work.text(COMMENTS) + told(done))
    trees = [work.tree()]
    for name, order in (("before", [["page.html"], ["export.xml"], ["page.html"]]),
                        ("together", [["page.html", "export.xml"]]),
                        ("turned", [["export.xml", "page.html"]])):
        work = Workplace(program, os.path.join(folder, name), BLOG)
        sources = {"page.html": work.source("page.html", plain),
                   "export.xml": work.source("export.xml", blogger.legacy([SHELVES, WORD]))}
        for names in order:
            done = work.bring(*(sources[name] for name in names))
        trees.append(work.tree())
        tap.ok(trees[-1] == trees[0], f"in any order: {name}", work.text(COMMENTS) + told(done))
    work = Workplace(program, os.path.join(folder, "feed"), BLOG)
    work.bring(work.source("page.html", page(SHELVES, [KOFI], has_ids=False)))
    said = blogger.dataclasses.replace(WORD, path=SHELVES.path)
    done = work.bring(work.source("comments.xml", blogger.feed([said], "comments")))
    tap.ok(counted(done, "comments") == 1 and "orphan" not in done.stdout + done.stderr
           and work.text(COMMENTS).count("## ") == 2,
           "and those of a feed the post of such a page, beside what it had",
           work.text(COMMENTS) + told(done))


if __name__ == "__main__":
    main(behind, edited, addressed)

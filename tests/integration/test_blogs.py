#!/usr/bin/env python3
"""Whole blogs that live beside the project: generated ones, whose counts are known, and real ones,
of which no word may be lost."""

import glob
import html.parser
import json
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree

from importing import Workplace, counted, told
from server import main

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared")
GENERATOR = os.path.join(SHARED, "tools/gen_blogger.py")
POSTS = 300

ATOM = "{http://www.w3.org/2005/Atom}"
UNSEEN = {"script", "style", "noscript", "template", "form", "button", "svg", "math", "xml",
          "select", "textarea", "head", "title", "iframe", "object", "video", "audio"}


def generated(tap, program, folder):
    """The counts of a made-up blog are those that the summary tells."""
    if not os.path.exists(GENERATOR):
        tap.skip("generated blogs", "../shared/tools is not here")
        return
    for form in ("legacy", "takeout", "feed"):
        work = Workplace(program, os.path.join(folder, form))
        expect = os.path.join(work.folder, "expect.json")
        made = subprocess.run([sys.executable, GENERATOR, str(POSTS), form, "--expect", expect],
                              capture_output=True, check=True)
        source = work.source("blog", made.stdout)
        with open(expect, encoding="utf-8") as file:
            wanted = json.load(file)
        done = work.bring(source)
        tap.ok(done.returncode in (0, 1), f"{form}: it comes in", told(done))
        for what in ("posts", "pages", "drafts", "comments"):
            tap.ok(counted(done, what) == wanted[what], f"{form}: {wanted[what]} {what}",
                   told(done))
        posts = work.posts()
        tap.ok(len(posts) == wanted["posts"], f"{form}: as many files", len(posts))
        tap.ok(counted(done, "labels") == len({label.casefold() for label in wanted["labels"]}),
               f"{form}: as many labels", told(done))
        given = sum(len(re.findall(r"^=> /label/", text, re.MULTILINE)) for text in posts.values())
        tap.ok(given == sum(wanted["labels"].values()), f"{form}: on as many posts", given)
        said = [text for path, text in work.tree().items() if path.endswith("/comments.gmi")]
        tap.ok(sum(len(re.findall(rb"^## ", text, re.MULTILINE)) for text in said)
               == wanted["comments"], f"{form}: each comment is on a page", len(said))
        other = Workplace(program, os.path.join(folder, form + " again"))
        other.bring(source)
        tap.ok(other.stamps()[".ledger.tsv"][0] == work.stamps()[".ledger.tsv"][0]
               and other.tree() == work.tree(), f"{form}: the same bytes in another capsule")
        tap.ok(b"secret-admin" not in work.everything(), f"{form}: nothing private")
        before = work.stamps()
        done = work.bring(source)
        tap.ok(done.returncode == 0 and work.stamps() == before,
               f"{form}: a second import changes nothing", told(done))


INLINE = {"a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "q", "s",
          "small", "span", "strike", "strong", "tt", "u"}


class Words(html.parser.HTMLParser):
    """The text of a body that a reader would see."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.texts = []
        self.unseen = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in UNSEEN
        if tag not in INLINE:
            self.texts.append(" ")

    def handle_endtag(self, tag):
        self.unseen -= tag in UNSEEN and self.unseen > 0
        if tag not in INLINE:
            self.texts.append(" ")

    def handle_data(self, data):
        if not self.unseen:
            self.texts.append(data)


def words_of(text):
    """Words in one form, whatever became of marks, spaces and characters without width."""
    text = "".join(c for c in unicodedata.normalize("NFKC", text)
                   if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t\r ")
    return re.findall(r"\w+", text.replace("_", " "))


def is_published(entry):
    """Whether an entry of an export is a post or a page that readers could see."""
    kinds = [category.get("term", "") for category in entry.iter(ATOM + "category")
             if category.get("scheme", "").endswith("#kind")]
    draft = any(part.tag.endswith("}draft") and part.text == "yes" for part in entry.iter())
    return not draft and (not kinds or kinds[0].endswith(("#post", "#page")))


def bodies_of(source):
    """Title and words of each published post and page of an Atom file, in order."""
    for entry in xml.etree.ElementTree.parse(source).getroot().iter(ATOM + "entry"):
        if is_published(entry):
            content = entry.find(ATOM + "content")
            body = (content.text or "") if content is not None else ""
            yield entry.findtext(ATOM + "title") or "", words_of("".join(Words(body).texts))


def real(tap, program, folder):
    """No word of a real blog is lost."""
    sources = sorted(glob.glob(os.path.join(SHARED, "data/*")))
    if not sources:
        tap.skip("real blogs", "../shared/data is not here")
        return
    for source in sources:
        name = os.path.basename(source)
        work = Workplace(program, os.path.join(folder, name))
        done = work.bring(source)
        tap.ok(done.returncode in (0, 1), f"{name} comes in", told(done))
        kept = set()
        for content in work.tree().values():
            kept.update(words_of(content.decode()))
        if source.endswith((".xml", ".atom")):
            lost = [f"{title}: {word}" for title, words in bodies_of(source)
                    for word in words if word not in kept]
            tap.ok(not lost, f"{name}: every word is kept", f"{len(lost)}\n" + "\n".join(lost[:20]))
            count = len(list(bodies_of(source)))
            tap.ok(counted(done, "posts") + counted(done, "pages") == count,
                   f"{name}: all {count} posts and pages", told(done))
        before = work.stamps()
        done = work.bring(source)
        tap.ok(done.returncode == 0 and work.stamps() == before, f"{name}: a second time nothing",
               told(done))


if __name__ == "__main__":
    main(generated, real)

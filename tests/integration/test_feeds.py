#!/usr/bin/env python3
"""Atom feeds, read by a parser that is not ours against RFC 4287; pages of what is new; ways to
read on: on Gemini and on Gopher."""

import os
import re
import shutil
import xml.etree.ElementTree as tree  # expat
from datetime import datetime

import capsule
import gemini
import gopher
from capsule import POSTS
from server import SETTINGS, Server, main, run, write_ini

PAGE_SIZE = int(SETTINGS["blog"]["page_size"])
ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")  # RFC 3339
ENTRY = re.compile(r"^=>\s*([^\s]+)\s+([0-9]{4}-[0-1][0-9]-[0-3][0-9])([^0-9].*)")
TEXTS = {"title", "subtitle", "summary", "rights"}

WORK = [post for post in POSTS if "work" in dict(post.labels)]
DUTCH = [post for post in POSTS if " · nl\n" in post.text]
BANGLA = f"/label/{capsule.BANGLA[0]}/"
FEEDS = [("/", POSTS, "Test capsule"), ("/label/work/", WORK, "Test capsule: Work"),
         (BANGLA, [POSTS[2]], "Test capsule: নদী"),
         ("/lang/nl/", DUTCH, "Test capsule: Nederlands")]

SUMMARIES = {
    "/2018/03/last.gmi": "The roof is whole and the queue is short.",
    "/2018/01/pay.gmi": "She keeps it in a tin.",
    "/2017/11/pump.gmi": "a wheel",
}


def only(element, name):
    """The text of the one child of this name."""
    found = element.findall(ATOM + name)
    assert len(found) == 1, f"{len(found)} elements {name}"
    return (found[0].text or "").strip()


def is_time(text):
    return TIME.fullmatch(text) and datetime.fromisoformat(text.replace("Z", "+00:00"))


def common_faults(element):
    """What RFC 4287 asks of a feed and of an entry alike (4.1.1, 4.1.2)."""
    faults = [] if re.fullmatch(r"[a-z]+:\S+", only(element, "id")) else ["an id that is no IRI"]
    if not only(element, "title"):
        faults.append("no title")
    if not is_time(only(element, "updated")):
        faults.append("updated is no time")
    links = element.findall(ATOM + "link")
    alternate = [link for link in links if link.get("rel", "alternate") == "alternate"]
    if len(alternate) != 1:
        faults.append(f"{len(alternate)} alternate links")
    faults += [f"a link to {link.get('href')}" for link in links
               if not re.match(r"(gemini|gopher)://[^/]+/", link.get("href", ""))]
    faults += ["an author without a name" for author in element.findall(ATOM + "author")
               if not only(author, "name")]
    faults += [f"{child.tag} of type {child.get('type')}" for child in element
               if child.tag[len(ATOM):] in TEXTS and child.get("type", "text") != "text"]
    return faults


def feed_faults(feed):
    """What is wrong with a feed, by RFC 4287."""
    faults = common_faults(feed)
    entries = feed.findall(ATOM + "entry")
    if feed.tag != ATOM + "feed":
        faults.append(feed.tag)
    if len(feed.findall(ATOM + "link[@rel='self']")) != 1:
        faults.append("no link to itself")
    ids = [only(entry, "id") for entry in entries]
    if len(set(ids)) != len(ids):
        faults.append("two entries with one id")
    if not feed.findall(ATOM + "author") and any(not e.findall(ATOM + "author") for e in entries):
        faults.append("nobody wrote it")
    for entry in entries:
        faults += common_faults(entry)
        if not is_time(only(entry, "published")):
            faults.append("published is no time")
        elif is_time(only(entry, "published")) > is_time(only(entry, "updated")):
            faults.append("an entry updated before it was published")
        faults += ["a category without a term" for category in entry.findall(ATOM + "category")
                   if not category.get("term")]
    newest = max((is_time(only(entry, "updated")) for entry in entries), default=None)
    if newest and newest != is_time(only(feed, "updated")):
        faults.append("updated is not that of the newest entry")
    return faults


def fetch(server, address):
    return gemini.ask(server.gemini, address.encode() + b"\r\n")


def href(element):
    return element.find(ATOM + "link[@rel='alternate']").get("href")


def judge_entries(tap, what, feed, posts):
    entries = feed.findall(ATOM + "entry")
    shown = [(only(entry, "id"), only(entry, "title"), only(entry, "published")[:10],
              entry.get(LANG)) for entry in entries]
    expected = [("gemini://localhost" + post.path, post.title or "Untitled", post.date,
                 (re.search(r" · (\w\w)\n", post.text) or ["", "en"])[1])
                for post in posts[:PAGE_SIZE]]
    tap.ok(shown == expected, f"{what} has the posts of its list", f"{shown}\n{expected}")
    for entry, post in zip(entries, posts):
        summary = only(entry, "summary")
        tap.ok(summary == SUMMARIES.get(post.path, summary) and summary in post.text,
               f"{what} says how {post.path} begins", summary)
        labels = {(c.get("term"), c.get("label")) for c in entry.findall(ATOM + "category")}
        tap.ok({name for _, name in labels} == {name for _, name in post.labels},
               f"{what} has the labels of {post.path}", str(labels))


def feeds(tap, program, folder):
    """The feeds of the blog, of labels and of languages, on both protocols."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        host = f"localhost:{server.gemini[1]}"
        for place, posts, title in FEEDS:
            path = place + "atom.xml"
            answer = fetch(server, f"gemini://{host}{path}")
            tap.ok(answer.status == 20 and answer.meta == "application/atom+xml" and
                   not answer.faults(), f"{path} is a feed", repr(answer))
            feed = tree.fromstring(answer.body)
            faults = feed_faults(feed)
            tap.ok(not faults, f"{path} is as RFC 4287 has it", "\n".join(faults))
            tap.ok(only(feed, "title") == title, f"{path} has its title", only(feed, "title"))
            judge_entries(tap, path, feed, posts)
            for element in [feed, *feed.findall(ATOM + "entry")]:
                there = fetch(server, href(element))
                tap.ok(there.status == 20 and href(element).startswith(f"gemini://{host}/"),
                       f"{path} leads to {href(element)}", repr(there))
            page = gemini.get(server.gemini, place).text
            tap.ok(f"=> {path} " in page, f"{place} leads to its feed", page)
            with_gopher(tap, server, path, feed)
        for path in ("/label/none/atom.xml", "/lang/de/atom.xml", "/2017/atom.xml", "/atom.xml/",
                     "/label/atom.xml"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 51, f"{path} is nothing", repr(answer))


def with_gopher(tap, server, path, on_gemini):
    """The same entries with addresses that a Gopher client can follow."""
    answer = gopher.get(server.gopher, path.replace(*capsule.BANGLA))
    feed = tree.fromstring(answer)
    faults = feed_faults(feed)
    tap.ok(gopher.is_text(answer), f"Gopher: {path} is a text", repr(answer[:80]))
    tap.ok(not faults, f"Gopher: {path} is as RFC 4287 has it", "\n".join(faults))
    tap.ok([only(e, "id") for e in feed.iter(ATOM + "entry")] ==
           [only(e, "id") for e in on_gemini.iter(ATOM + "entry")],
           f"Gopher: {path} has the same entries")
    for element in [feed, *feed.findall(ATOM + "entry")]:
        where = re.fullmatch(rf"gopher://localhost:{server.gopher[1]}/([01])(/.*)", href(element))
        there = gopher.ask(server.gopher, (where[2] if where else "/none").encode() + b"\r\n")[0]
        tap.ok(where and (gopher.is_menu if where[1] == "1" else gopher.is_text)(there),
               f"Gopher: {path} leads to {href(element)}", repr(there[:80]))


def strange_holes(tap, program, folder):
    """A feed stays XML in UTF-8 where other texts are folded and end with a dot."""
    capsule.build(folder)
    ini = write_ini(folder, {"gopher": {"charset": "ascii", "strict1436": "yes"}})
    with Server(program, ini) as server:
        feed = tree.fromstring(gopher.get(server.gopher, "/lang/bn/atom.xml"))
        tap.ok(not feed_faults(feed) and only(feed.find(ATOM + "entry"), "title") == POSTS[2].title,
               "Gopher: a feed is neither folded nor ended with a dot")


def entries_stay(tap, program, folder):
    """Ids outlive edits, ports and host names; nothing changes unless a post does."""
    root = capsule.build(folder)
    ini = write_ini(folder, {"blog": {"author": "Amina & Bo"}})
    post = POSTS[0]

    def read(server, host="localhost"):
        feed = tree.fromstring(gemini.get(server.gemini, "/atom.xml", host=host).body)
        return feed, feed.find(ATOM + "entry")

    with Server(program, ini) as server:
        feed, entry = read(server)
        tap.ok(only(feed.find(ATOM + "author"), "name") == "Amina & Bo", "the blog's author")
        tap.ok(only(entry.find(ATOM + "author"), "name") == "Amina", "the post's author")
        tap.ok(only(entry, "updated") == f"{post.date}T12:00:00Z", "a day is at noon",
               only(entry, "updated"))
        other, other_entry = read(server, "alt.localhost")
        tap.ok(only(other, "id") == only(feed, "id") and
               only(other_entry, "id") == only(entry, "id") and
               href(other_entry) == f"gemini://alt.localhost{post.path}",
               "another name of the host: other links, the same ids", href(other_entry))
    edited = post.text.replace("# The clinic", "# Our clinic").replace(
        post.date + " ", post.date + " · updated 2018-04-01 ")
    capsule.write(root + post.path, edited)
    with Server(program, ini) as server:
        changed, changed_entry = read(server)
        tap.ok(only(changed_entry, "title") == "Our clinic is open again" and
               only(changed_entry, "id") == only(entry, "id") and
               only(changed_entry, "published") == only(entry, "published"),
               "an edited post keeps its id and its time")
        tap.ok(only(changed_entry, "updated") == only(changed, "updated") == "2018-04-01T12:00:00Z",
               "an edit is told of", only(changed_entry, "updated"))


def hidden(tap, program, folder):
    """What a zone protects is named, but not shown; a real file beats the feed; no posts, none."""
    root = capsule.build(folder)
    ini = write_ini(folder, {"zone /2018/03/": {"require": "any"}})
    with Server(program, ini) as server:
        text = gemini.get(server.gemini, "/atom.xml").text
        tap.ok("/2018/03/last.gmi" in text and SUMMARIES["/2018/03/last.gmi"] not in text and
               SUMMARIES["/2018/01/pay.gmi"] in text, "a zone's post has no summary", text)
    capsule.write(os.path.join(root, "atom.xml"), "<ours/>\n")
    with Server(program, ini) as server:
        answer = gemini.get(server.gemini, "/atom.xml")
        tap.ok(answer.text == "<ours/>\n" and answer.meta == "application/atom+xml",
               "a real file beats the feed", repr(answer))
    os.rename(root, root + "-before")
    os.mkdir(root)
    with Server(program, write_ini(folder)) as server:
        answer = gemini.get(server.gemini, "/atom.xml")
        tap.ok(answer.status == 51, "no posts, no feed", repr(answer))
        answer = gemini.get(server.gemini, "/random")
        tap.ok(answer.status == 51, "no posts, none by chance", repr(answer))


SINCE = [("2018-03-03", 0), ("2018-03-02", 1), ("2017-12-24", 3), ("2017-11-19", 5),
         ("2016-02-29", 8), ("1000-01-01", 10), ("9999-12-31", 0)]


def since(tap, program, folder):
    """Only the posts of a day and later, in a page to subscribe to."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        for day, count in SINCE:
            entries, number = [], 1
            while True:
                path = f"/since/{day}/{number if number > 1 else ''}"
                answer = gemini.get(server.gemini, path)
                entries += [m.group(1, 2) for m in map(ENTRY.match, answer.text.split("\n")) if m]
                tap.ok(answer.status == 20 and not answer.faults() and
                       answer.text.startswith("# "), f"{path} is a page", repr(answer))
                number += 1
                if f"/since/{day}/{number} " not in answer.text:
                    break
            tap.ok(entries == [(post.path, post.date) for post in POSTS[:count]],
                   f"since {day} there are {count} posts", str(entries))
            menu = gopher.get(server.gopher, f"/since/{day}/")
            tap.ok(gopher.is_menu(menu) and
                   sum(item.type == "0" for item in gopher.items(menu)) == min(count, PAGE_SIZE),
                   f"Gopher: since {day}", repr(menu))
        answer = gemini.get(server.gemini, "/since/2018-03-03/")
        tap.ok(len(answer.raw) <= 120, f"nothing new costs {len(answer.raw)} bytes", answer.text)
        answer = gemini.get(server.gemini, "/since/2018-03-03")
        tap.ok(answer.status == 31 and answer.meta.endswith("/since/2018-03-03/"),
               "a day without its slash moves", repr(answer))
        for path in ("/since/", "/since/2018-02-30/", "/since/2018/", "/since/yesterday/",
                     "/since/2018-03-03/2", "/since/2018-03-02/0", "/since/2018-3-2/"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 51, f"{path} is nothing", repr(answer))


def chance(tap, program, folder):
    """/random leads to a post, for once, on both protocols."""
    capsule.build(folder)
    paths = {post.path for post in POSTS}
    with Server(program, write_ini(folder)) as server:
        seen = set()
        for _ in range(20):
            answer = gemini.get(server.gemini, "/random")
            seen.add(answer.meta.removeprefix("gemini://localhost"))
            if answer.status != 30 or not seen <= paths or answer.faults():
                break
        tap.ok(seen <= paths and answer.status == 30, "/random leads to posts", repr(answer))
        tap.ok(len(seen) > 1, "/random leads to more than one post", str(seen))
        items = gopher.items(gopher.get(server.gopher, "/random"))
        tap.ok(len(items) == 1 and items[0].type == "0" and
               items[0].selector.replace(".txt", ".gmi") in paths, "Gopher: /random is an item",
               str(items))
        text = gopher.get(server.gopher, items[0].selector)
        tap.ok(gopher.is_text(text), "Gopher: it leads to a post", repr(text[:80]))


def archive_picture(tap, program, folder):
    """The picture of the archive and its alt text say the same, and say what there is."""
    capsule.build(folder)
    with Server(program, write_ini(folder, {"blog": {"page_size": "50"}})) as server:
        text = gemini.get(server.gemini, "/archive/").text
        block = re.search(r"^```(.*)\n.*\n((?:\d{4} .*\n)+)```$", text, re.MULTILINE)
        tap.ok(block, "the archive has a picture with alt text", text)
        drawn, told = {}, {}
        for line in block[2].splitlines():
            for month, bar in enumerate(line[5:17], 1):
                if bar != " ":
                    drawn[line[:4], month] = "▁▂▃▄▅▆▇█".index(bar) + 1
        for year, months in re.findall(r"(\d{4}): ([^;]*)", block[1]):
            for name, count in re.findall(r"(\w+) (\d+)", months):
                told[year, datetime.strptime(name, "%B").month] = int(count)
        expected = {}
        for post in POSTS:
            month = (post.date[:4], int(post.date[5:7]))
            expected[month] = expected.get(month, 0) + 1
        tap.ok(told == expected, "the alt text has every month", f"{told}\n{expected}")
        tap.ok(set(drawn) == set(expected) and
               all((drawn[a] < drawn[b]) == (expected[a] < expected[b])
                   for a in drawn for b in drawn),
               "the picture has the same months, higher where there is more", block[2])
        menu = gopher.info(gopher.get(server.gopher, "/archive/"))
        tap.ok(block[2].splitlines()[0] in menu, "Gopher: the archive is a picture",
               "\n".join(menu))


def extras(tap, program, folder):
    """What a capsule has besides, on both protocols, unless it has files of these names."""
    root = capsule.build(folder)
    ini = write_ini(folder, {"blog": {"icon": "\U0001f30f"},
                             "robots": {"disallow": "/private/", "archiver": "no"}})
    made = {"/robots.txt": "User-agent: *\nDisallow: /private/\n\n"
                           "User-agent: archiver\nDisallow: /\n",
            "/favicon.txt": "\U0001f30f\n"}
    with Server(program, ini) as server:
        for path, text in made.items():
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.text == text and answer.media_type == "text/plain" and
                   not answer.faults(), f"{path} is made", repr(answer))
            for selector in (path, path[1:]):
                answer = gopher.get(server.gopher, selector)
                tap.ok(answer == text.replace("\n", "\r\n").encode(),
                       f"Gopher: {selector} is made", repr(answer))
        for path in ("/stats.gmi", "/about/feeds.gmi"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 20 and not answer.faults() and
                   answer.text.startswith("# "), f"{path} is a page", repr(answer))
            menu = gopher.get(server.gopher, path)
            text = gopher.get(server.gopher, path[:-3] + "txt")
            tap.ok(gopher.is_menu(menu) and gopher.is_text(text), f"Gopher: {path} has both forms",
                   repr(menu))
        answer = gemini.get(server.gemini, "/stats.gmi")
        tap.ok(re.search(r"^10 posts$", answer.text, re.MULTILINE) and
               re.search(r"^=> /2016/ 2016: 2 posts, 605 words$", answer.text, re.MULTILINE),
               "/stats.gmi counts posts and words", answer.text)
        again = gemini.get(server.gemini, "/stats.gmi")
        tap.ok(again.raw == answer.raw, "/stats.gmi does not count its readers")
    for path in [*made, "/stats.gmi", "/about/feeds.gmi", "/random", "/since/2017-11-01/index.gmi"]:
        capsule.write(root + path, "# Ours\n")
    with Server(program, ini) as server:
        for path in [*made, "/stats.gmi", "/about/feeds.gmi", "/random", "/since/2017-11-01/"]:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.text.startswith("# Ours\n"), f"{path} is the file", repr(answer))


HERE = os.path.dirname(os.path.abspath(__file__))
JUMP = """# Timetable
2014-04-01 12:00 +0200 · en

Summer hours:
six to seven

Winter hours:
"""


def jump_break(tap, program, folder):
    """What an imported post shows before its jump break is its summary, also after an edit and
    another import; a post without one shows its first paragraph."""
    shutil.copytree(os.path.join(HERE, "../golden/blogger/legacy"), folder, dirs_exist_ok=True)
    path = os.path.join(folder, "capsule/2014/04/timetable.gmi")

    def summaries(server):
        feed = tree.fromstring(gemini.get(server.gemini, "/atom.xml").body)
        return {only(entry, "id")[len("gemini://localhost"):]: only(entry, "summary")
                for entry in feed.iter(ATOM + "entry")}

    ini = write_ini(folder, {"blog": {"page_size": "50"}}, "serve.ini")
    for edit, expected in [("", "Summer hours: six to nine"),
                           (JUMP, "Summer hours: six to seven")]:
        if edit:
            capsule.write(path, edit)
        done = run(program, "import", "-c", "inspir.ini", "in.xml", folder=folder)
        tap.ok(done.returncode in (0, 1), "a blog is imported", done.stderr)
        with Server(program, ini) as server:
            found = summaries(server)
            tap.ok(found["/2014/04/timetable.gmi"] == expected, f"before the jump: {expected}",
                   str(found))
            tap.ok(found["/2014/03/mist-on-river.gmi"] == "The first boat left in the mist.",
                   "without a jump break it is the first paragraph", str(found))


if __name__ == "__main__":
    main(feeds, strange_holes, entries_stay, hidden, since, chance, archive_picture, extras,
         jump_break)

#!/usr/bin/env python3
"""A blog imported from its address, over a web server of the tests: paging, caching, errors, and
the pictures of its posts."""

import base64
import os
import re

import blogger
import capsule
from blogger import Entry, comment
from importing import Workplace, counted, is_clear, told
from server import main
from webserver import WebServer

POSTS = "/feeds/posts/default?redirect=false"
PAGES = "/feeds/pages/default"
COMMENTS = "/feeds/comments/default"
ATOM = "Content-Type: application/atom+xml; charset=UTF-8"
HOST = "{origin}"  # which the server replaces by its own

LOCAL = {"import": {"private_hosts": "127.0.0.1"}}
FETCH = {"import": {"private_hosts": "127.0.0.1", "media": "fetch"}}

BLOG = [Entry(i, f"Post {i}", f"<p>The text of number {i}, <b>in full</b>.</p>",
              f"2019-03-{i:02}T10:00:00.000+01:00", path=f"/2019/03/post-{i}.html")
        for i in range(1, 8)]
ABOUT = [Entry(90, "About", "<p>Who we are.</p>", path="/p/about.html", kind="page")]
SAID = [comment(80 + i, 3, f"Remark {i}.", author="Rina") for i in range(3)]


def feed(entries, which="posts", **more):
    return blogger.feed(entries, which, host=HOST, **more).encode()


def add_blog(web, posts=None, headers=ATOM):
    """The three feeds, each in one part."""
    web.add(POSTS, headers=headers, body=feed(BLOG if posts is None else posts))
    add_rest(web, headers)


def add_rest(web, headers=ATOM):
    """The feeds that are not of posts."""
    web.add(PAGES, headers=headers, body=feed(ABOUT, "pages"))
    web.add(COMMENTS, headers=headers, body=feed(SAID, "comments"))


def paged(tap, program, folder):
    """Parts are followed by their links; what comes twice is taken once."""
    work = Workplace(program, os.path.join(folder, "paged"), LOCAL)
    second, third = "/feeds/posts/default?start-index=4", "/feeds/posts/default?start-index=7"
    newest = Entry(9, "While you read", "<p>Just <i>published</i>.</p>",
                   "2019-04-01T10:00:00.000+01:00", path="/2019/04/while-you-read.html")
    with WebServer() as web:
        web.add(POSTS, headers=ATOM, body=feed(BLOG[:3], following=HOST + second, total=8))
        web.add(POSTS, headers=ATOM, body=feed([newest] + BLOG[:2], following=HOST + second,
                                               total=8))
        web.add(second, headers=ATOM, body=feed(BLOG[2:6], following=HOST + third, total=8))
        web.add(third, headers=ATOM, flags="gzip chunked", body=feed(BLOG[5:], total=8))
        web.add(PAGES, headers=ATOM, body=feed(ABOUT, "pages"))
        web.add(COMMENTS, headers=ATOM, body=feed(SAID, "comments"))
        done = work.bring(web.origin)
        asked = [line.split("\n")[0] for line in web.requests()]
    tap.ok(done.returncode == 0 and counted(done, "posts") == 8 and counted(done, "pages") == 1,
           "all parts of all feeds", told(done))
    tap.ok(len(work.posts()) == 8 and "Just published." in work.text("2019/04/while-you-read.gmi"),
           "with what was published meanwhile", "\n".join(work.posts()))
    tap.ok(asked[:4] == [f"GET {path}" for path in (POSTS, second, third, POSTS)],
           "in the order of the links, then the first again", asked)
    tap.ok("# Comments on Post 3" in work.text("2019/03/post-3/comments.gmi"), "with comments",
           told(done))


def cached(tap, program, folder):
    """What has not changed is not brought again."""
    work = Workplace(program, os.path.join(folder, "cached"), LOCAL)
    with WebServer() as web:
        add_blog(web, headers=ATOM + "\nETag: \"v1\"\nLast-Modified: "
                 "Sat, 09 Mar 2019 10:00:00 GMT")
        done = work.bring(web.origin)
        tap.ok(done.returncode == 0 and counted(done, "posts") == 7, "a blog comes in", told(done))
        before = work.stamps()
        web.requests()
        done = work.bring(web.origin)
        asked = web.requests()
        tap.ok(done.returncode == 0 and work.stamps() == before, "again: not a byte is written",
               told(done))
        tap.ok(len(asked) == 3 and all("If-None-Match: \"v1\"" in line
                                       and "If-Modified-Since: Sat, 09" in line for line in asked),
               "and each feed is asked for what is new", asked)
        for path in (POSTS, PAGES, COMMENTS):
            web.forget(path)
        add_blog(web, BLOG[1:])
        done = work.bring(web.origin)
        tap.ok("2019/03/post-1.gmi" in work.tree() and done.returncode in (0, 1),
               "a post that the feed has no longer stays", told(done))
        web.forget(POSTS)
        web.add(POSTS, headers=ATOM, body=feed([blogger.dataclasses.replace(
            BLOG[6], body="<p>Another <b>text</b>.</p>", updated="2020-01-01T00:00:00.000Z")]))
        done = work.bring(web.origin)
        tap.ok("Another text." in work.text("2019/03/post-7.gmi") and "1 changed" in done.stdout,
               "a changed one is rewritten", told(done))
        done = work.bring(web.origin, work.source("export.xml", blogger.legacy(
            BLOG[:6] + [blogger.dataclasses.replace(BLOG[6], body="<p>Another <b>text</b>.</p>",
                                                    updated="2020-01-01T00:00:00.000Z")])))
        tap.ok(len(work.posts()) == 7 and counted(done, "posts") == 7,
               "an address and an export are one blog", told(done))


def troubled(tap, program, folder):
    """Servers that fail for a while are asked again; others are given up with a clear line."""
    for what, flags, status in (("503", "", 503), ("429", "", 429), ("no answer", "drop", 200),
                                ("half an answer", "truncate=700", 200)):
        work = Workplace(program, os.path.join(folder, what), LOCAL)
        with WebServer() as web:
            web.add(POSTS, status, ATOM + "\nRetry-After: 0", flags, feed(BLOG))
            add_blog(web)
            done = work.bring(web.origin)
        tap.ok(done.returncode == 0 and len(work.posts()) == 7, f"{what}, then the feed",
               told(done))
    short = [blogger.dataclasses.replace(entry, body="Only the beginning") for entry in BLOG]
    for what, answer, words in [
            ("404", {"status": 404, "body": b"no"}, ["404"]),
            ("a page", {"body": b"<!DOCTYPE html><html><body>Private blog</body></html>"}, []),
            ("nothing", {"body": b""}, []),
            ("a DOCTYPE", {"body": b"<?xml version='1.0'?><!DOCTYPE feed []>" + feed(BLOG)[38:]},
             []),
            ("half a feed", {"body": feed(BLOG)[:2000]}, []),
            ("a redirect to itself", {"status": 302, "headers": f"Location: {HOST}{POSTS}"}, []),
            ("a redirect to a file", {"status": 302, "headers": "Location: file:///etc/passwd"},
             []),
            ("a redirect to another machine of the house",
             {"status": 302, "headers": "Location: http://127.0.0.2:9/feed"}, []),
            ("no end", {"flags": "endless", "body": b""}, []),
            ("summaries", {"body": feed(short, summary=True)}, ["summar", "--allow-summary"]),
            ("short texts", {"body": feed(short)}, ["summar"])]:
        work = Workplace(program, os.path.join(folder, what), LOCAL)
        with WebServer() as web:
            web.add(POSTS, **{"headers": ATOM, **answer})
            add_rest(web)
            done = work.bring(web.origin)
            tap.ok(done.returncode == 65 and is_clear(done, *words) and not work.tree(),
                   f"{what}: 65", told(done)[:2000])
    summaries(tap, program, folder, short)
    strangers(tap, program, folder)


def summaries(tap, program, folder, short):
    """What --allow-summary takes, and a feed that has fewer entries than it says."""
    work = Workplace(program, os.path.join(folder, "allowed"), LOCAL)
    with WebServer() as web:
        web.add(POSTS, headers=ATOM, body=feed(short, summary=True))
        add_rest(web)
        done = work.bring("--allow-summary", web.origin)
        tap.ok(done.returncode == 1 and len(work.posts()) == 7, "--allow-summary takes summaries",
               told(done))
        done = work.bring(work.source("export.xml", blogger.legacy(BLOG)))
        tap.ok("in full" in work.text("2019/03/post-1.gmi"), "which an export makes whole",
               told(done))
        web.forget(POSTS)
        web.add(POSTS, headers=ATOM, body=feed(short, summary=True))
        done = work.bring("--allow-summary", web.origin)
        tap.ok("in full" in work.text("2019/03/post-1.gmi"), "and a summary does not cut again",
               told(done))
    work = Workplace(program, os.path.join(folder, "fewer"), LOCAL)
    with WebServer() as web:
        web.add(POSTS, headers=ATOM, body=feed(BLOG, total=700))
        add_rest(web)
        done = work.bring(web.origin)
    tap.ok(done.returncode == 1 and "700" in done.stderr and len(work.posts()) == 7,
           "fewer entries than the feed says: a warning", told(done))


def strangers(tap, program, folder):
    """No machine of a private network is asked for anything unless the ini names it."""
    work = Workplace(program, os.path.join(folder, "strangers"))
    with WebServer() as web:
        add_blog(web)
        done = work.bring(web.origin)
        tap.ok(done.returncode == 65 and is_clear(done) and not web.requests(),
               "a private address is refused, and not asked", told(done))
        for address in ("ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://", "file:///etc/passwd",
                        "http://name.invalid:99999/"):
            done = work.bring(address)
            tap.ok(done.returncode in (64, 65) and len(done.stderr.splitlines()) == 1
                   and not work.tree(), f"{address} is refused", told(done))


DATA = "data:image/png;base64," + base64.b64encode(capsule.PNG).decode()
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00," \
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def pictured(number, *sources):
    """A post with pictures."""
    body = "".join(f"<p>Before {i}.</p><img src='{source}' alt='Picture {i}'/>"
                   for i, source in enumerate(sources))
    return Entry(number, f"Pictured {number}", body, path=f"/2019/03/pictured-{number}.html")


def pictures(tap, program, folder):
    """Each picture once, under a safe name, with its type and size in the link."""
    work = Workplace(program, os.path.join(folder, "pictures"), FETCH)
    with WebServer() as web:
        web.add("/boat.png", headers="Content-Type: image/png", body=capsule.PNG)
        web.add("/%e0%a6%a8/%2fTide..GIF?x=1", headers="Content-Type: image/gif", body=GIF)
        web.add("/page.png", headers="Content-Type: image/png", body=b"<html>No picture</html>")
        web.add("/endless.png", headers="Content-Type: image/png", flags="endless")
        web.add("/away.png", 302, "Location: http://127.0.0.2:9/x.png")
        web.add("/file.png", 302, "Location: file:///etc/passwd")
        broken = ["gone.png", "page.png", "endless.png", "away.png", "file.png"]
        entries = [pictured(1, web.origin + "/boat.png", DATA),
                   pictured(2, web.origin + "/boat.png",
                            web.origin + "/%e0%a6%a8/%2fTide..GIF?x=1"),
                   pictured(3, *[f"{web.origin}/{name}" for name in broken],
                            "file:///etc/passwd", "http://127.0.0.3:9/secret.png")]
        source = work.source("export.xml", blogger.legacy(entries))
        done = work.bring(source)
        asked = web.requests()
        report = told(done)
        media = {path: content for path, content in work.tree().items()
                 if path.startswith("media/")}
        tap.ok(sum("GET /boat.png" in line for line in asked) == 1, "a picture is asked for once",
               asked)
        tap.ok(sorted(media.values()) == sorted([capsule.PNG, capsule.PNG, GIF]),
               "each is a file, the unpacked one too", f"{list(media)} {report}")
        tap.ok(all(re.fullmatch(r"media/[a-z0-9][a-z0-9._-]*", path) for path in media),
               "with a safe name", list(media))
        text = work.text("2019/03/pictured-1.gmi")
        tap.ok(re.search(rf"(?m)^=> /media/\S+ Image: Picture 0 \(PNG, {len(capsule.PNG)} B\)$",
                         text), "the link says type and size", text)
        tap.ok("data:" not in text and text.count("=> /media/") == 2, "also of the unpacked one",
               text)
        text = work.text("2019/03/pictured-3.gmi")
        for name in broken:
            tap.ok(f"=> {web.origin}/{name} Image: " in text, f"{name} keeps its web link", text)
            tap.ok(name in done.stderr, "which is a warning", report)
        tap.ok(done.returncode == 1 and "root:x" not in text, "and no more than that", report)
        again(tap, work, web, source)


def again(tap, work, web, source):
    """Pictures that are there are not asked for."""
    before = work.stamps()
    web.requests()
    done = work.bring(source)
    asked = web.requests()
    tap.ok(not [line for line in asked if "boat" in line or "Tide" in line],
           "a second import asks for none that is there", asked)
    tap.ok(work.stamps() == before, "and writes nothing", told(done))
    work.configure(LOCAL)
    done = work.bring(source)
    tap.ok(not web.requests(), "media = link asks for nothing", told(done))


def linked(tap, program, folder):
    """Without fetching: links to the web, and files for what a post holds itself."""
    work = Workplace(program, os.path.join(folder, "linked"), LOCAL)
    with WebServer() as web:
        source = work.source("export.xml", blogger.legacy(
            [pictured(1, web.origin + "/boat.png", DATA, "data:text/html,SENTINEL",
                      "data:image/png;base64,!!!!", "cid:7")]))
        done = work.bring(source)
        tap.ok(not web.requests(), "nothing is asked for", told(done))
        text = work.text("2019/03/pictured-1.gmi")
        tap.ok(f"=> {web.origin}/boat.png Image: Picture 0" in text, "the web link stays", text)
        tap.ok("data:" not in text and "SENTINEL" not in text, "no data in a link", text)


if __name__ == "__main__":
    main(paged, cached, troubled, pictures, linked)

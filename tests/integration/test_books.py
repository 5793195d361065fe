#!/usr/bin/env python3
"""Books: opened with unzip, read link by link, and the same whenever they are made."""

import io
import os
import posixpath
import re
import subprocess
import urllib.parse
import zipfile

import capsule
import gemini
import gopher
from capsule import POSTS, Post
from server import Server, main, run, write_ini
from test_pages import links, page_faults, size_is_near

PICTURED = Post("/2016/03/pictured.gmi", "With pictures", "2016-03-04", [capsule.WORK],
                "=> /media/field.png Image: a field (PNG, 5.0 kB)\n"
                "=> /media/lone.png Image: alone\n=> /media/none.png Image: none\n"
                "=> ../../2017/11/boats.gmi#top Boats\n=> gemini://localhost/about.gmi Us\n"
                "=> /search?boat Find\n=> https://example.org/ The web\n## A heading\n---")
SECRET = Post("/2016/04/secret.gmi", "Secret", "2016-04-05", [capsule.WORK], "SENTINEL-ZONE")
BOOKS = ["/blog.gpub", "/book/2015.gpub", "/book/2016.gpub", "/book/2017.gpub", "/book/2018.gpub",
         "/label/work.gpub", "/label/health-care.gpub", "/label/floods-rain.gpub",
         f"/label/{capsule.BANGLA[0]}.gpub"]
SIZE = re.compile(r"=> (\S+) .*\((\d{1,3} B|\d\.\d [kM]B|\d{2,3} [kM]B)\)")
SETTINGS = {"zone /2016/04/": {"require": "any"}, "blog": {"author": "Amina", "page_size": "50"}}


def make(folder, pictures="small", name="inspir.ini"):
    root = capsule.build(folder)
    capsule.write_posts(root, [PICTURED, SECRET])
    capsule.write(os.path.join(root, "media/field.png"), b"p" * 5000)
    capsule.write(os.path.join(root, "media/field.png.320.jpg"), b"j" * 700)
    capsule.write(os.path.join(root, "media/lone.png"), capsule.PNG)
    return root, write_ini(folder, {**SETTINGS, "book": {"pictures": pictures}}, name)


def members(book):
    """Name -> bytes of a book."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def is_sound(book, folder):
    """What unzip thinks of it."""
    path = os.path.join(folder, "book.gpub")
    capsule.write(path, book)
    done = subprocess.run(["unzip", "-t", path], capture_output=True, check=False)
    return done.returncode == 0


def inner_faults(files):
    """Links that lead nowhere, inside the book or out of it."""
    faults = []
    for name, content in files.items():
        if not name.endswith(".gmi"):
            continue
        for target in links(content.decode()):
            url = urllib.parse.urlsplit(target)
            if url.scheme:
                faults += [] if url.scheme in ("https", "gemini") else [f"{name}: {target}"]
                continue
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name),
                                                      urllib.parse.unquote(url.path)))
            if there not in files:
                faults.append(f"{name}: {target}")
    return faults


def expected(path):
    """The posts of a book, the oldest first."""
    key = path.split("/")[-1].removesuffix(".gpub")
    posts = sorted([*POSTS, PICTURED], key=lambda post: post.date)
    if path == "/blog.gpub":
        return posts
    if path.startswith("/book/"):
        return [post for post in posts if post.date.startswith(key)]
    return [post for post in posts if key in dict(post.labels)]


def books(tap, program, folder):
    """Each book holds its posts, in order, with links that work offline."""
    root, ini = make(folder)
    with Server(program, ini) as server:
        for path in BOOKS:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 20 and answer.meta == "application/gpub+zip"
                   and not answer.faults(), f"{path} is a book", repr(answer))
            files = members(answer.body)
            names = list(files)
            posts = [post.path[1:] for post in expected(path)]
            tap.ok(is_sound(answer.body, folder), f"{path}: unzip -t")
            tap.ok(names[:2] == ["metadata.txt", "index.gmi"]
                   and names[2:2 + len(posts)] == posts, f"{path}: its posts", names)
            tap.ok(links(files["index.gmi"].decode()) == posts, f"{path}: its contents",
                   files["index.gmi"])
            tap.ok(not inner_faults(files), f"{path}: its links", inner_faults(files))
            tap.ok(b"SENTINEL" not in b"".join(files.values()), f"{path}: nothing of a zone")
            tap.ok(gopher.get(server.gopher, urllib.parse.unquote(path)) == answer.body,
                   f"{path} on Gopher")
        first = members(gemini.get(server.gemini, "/blog.gpub").body)
        details(tap, first)
        costs(tap, server)
        one_page(tap, server)
        again(tap, program, server, folder, root)


def details(tap, files):
    """Metadata, pictures and links of one book."""
    metadata = dict(line.split(": ", 1) for line in files["metadata.txt"].decode().splitlines())
    tap.ok(metadata == {"title": "Test capsule", "gpubVersion": "1.0.0", "index": "index.gmi",
                        "author": "Amina", "language": "en", "charset": "UTF-8",
                        "description": "Words for tests", "publishDate": "2018-03-02"},
           "metadata as gempub has it", metadata)
    text = files["2016/03/pictured.gmi"].decode()
    tap.ok([name for name in files if name.startswith("media/")] ==
           ["media/field.png.320.jpg", "media/lone.png"], "small pictures", list(files))
    tap.ok(links(text)[1:7] == ["../../media/lone.png", "gemini://localhost/media/none.png",
                                "../../2017/11/boats.gmi", "gemini://localhost/about.gmi",
                                "gemini://localhost/search?boat", "https://example.org/"],
           "links lead inside, else to the capsule", text)


def costs(tap, server):
    """The pages of years and labels, and the home page, say what books cost."""
    for page, paths in {"/": ["/blog.gpub"], "/2016/": ["/book/2016.gpub", "/book/2016.gmi"],
                        "/label/work/": ["/label/work.gpub"]}.items():
        text = gemini.get(server.gemini, page).text
        found = dict(SIZE.findall(text))
        for path in paths:
            size = len(gemini.get(server.gemini, path).body)
            tap.ok(path in found and size_is_near(found[path], size),
                   f"{page} says what {path} costs", f"{size} {text}")


def one_page(tap, server):
    """A year as one page, and its light form."""
    answer = gemini.get(server.gemini, "/book/2016.gmi")
    tap.ok(answer.meta == "text/gemini; charset=utf-8; lang=en" and not page_faults(answer),
           "a year is one page", page_faults(answer) or repr(answer))
    titles = re.findall(r"^## (.*)", answer.text, re.M)
    tap.ok(titles == ["Wages, a table", "Untitled", "With pictures"], "its posts in order", titles)
    tap.ok("### A heading" in answer.text and "/2017/11/boats.gmi" in links(answer.text)
           and "SENTINEL" not in answer.text, "below each other", answer.text)
    tap.ok("/2017/11/boats.gmi" in dict(SIZE.findall(answer.text))
           and "/media/field.png Image: a field (PNG, 5.0 kB)" in answer.text,
           "its links say what they cost", answer.text)
    bad = [target for target in links(answer.text) if target.startswith("/")
           and target not in ("/media/none.png", "/search?boat")
           and gemini.get(server.gemini, target).status != 20]
    tap.ok(not bad, "its links", bad)
    tap.ok(gopher.is_menu(gopher.get(server.gopher, "/book/2016.gmi")), "on Gopher")
    light = gemini.get(server.gemini, "/light/book/2016.gmi")
    tap.ok(light.status == 20 and "book/2016~2.gmi" in light.text or len(light.body) < 4000,
           "in /light/", light.text)
    for path in ("/book/2014.gpub", "/book/", "/book/2016", "/label/none.gpub", "/label/.gpub",
                 "/book/draft", "/light/book/2014.gmi", "/draft/blog.gpub"):
        answer = gemini.get(server.gemini, path)
        tap.ok(answer.status == 51, f"{path} is none", repr(answer))


def again(tap, program, server, folder, root):
    """Made once for an index; the same bytes in another place, at another time."""
    place = os.path.join(root, ".index.db.books")
    before = gemini.get(server.gemini, "/blog.gpub").body
    names = os.listdir(place)
    tap.ok(len(names) == 1, "one folder", names)
    stamp = os.stat(os.path.join(place, names[0], "blog.gpub"))
    run(program, "index", "-c", os.path.join(folder, "inspir.ini"))
    now = os.stat(os.path.join(place, names[0], "blog.gpub"))
    tap.ok((now.st_ino, now.st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns),
           "the same index needs no new books")
    other = os.path.join(folder, "other")
    other_root, ini = make(other)
    run(program, "index", "-c", ini)
    place = os.path.join(other_root, ".index.db.books")
    with open(os.path.join(place, os.listdir(place)[0], "blog.gpub"), "rb") as file:
        tap.ok(file.read() == before, "the same posts give the same bytes")
    capsule.write(os.path.join(other_root, "2019/01/new.gmi"), "# New\n2019-01-01\n\nText.\n")
    run(program, "index", "-c", ini)
    now = os.listdir(place)
    with open(os.path.join(place, now[0], "blog.gpub"), "rb") as file:
        tap.ok(len(now) == 1 and "2019/01/new.gmi" in members(file.read()),
               "another post, another book", now)


def settings(tap, program, folder):
    """[book] as man inspir.ini has it, and files that beat books."""
    root, ini = make(folder, "full")
    place = os.path.join(root, ".index.db.books")
    run(program, "index", "-c", ini)
    with open(os.path.join(place, os.listdir(place)[0], "book/2016.gpub"), "rb") as file:
        names = list(members(file.read()))
    tap.ok("media/field.png" in names and "media/field.png.320.jpg" not in names,
           "full pictures", names)
    root, ini = make(folder + "/none", "none")
    place = os.path.join(root, ".index.db.books")
    run(program, "index", "-c", ini)
    with open(os.path.join(place, os.listdir(place)[0], "book/2016.gpub"), "rb") as file:
        files = members(file.read())
    tap.ok(not any(name.startswith("media") for name in files) and not inner_faults(files),
           "no pictures", list(files))
    write_ini(folder, {**SETTINGS, "book": {"posts": "4"}})
    run(program, "index", "-c", os.path.join(folder, "inspir.ini"))
    place = os.path.join(folder, "capsule/.index.db.books")
    here = os.path.join(place, os.listdir(place)[0])
    tap.ok(not os.path.exists(os.path.join(here, "blog.gpub"))
           and os.path.exists(os.path.join(here, "book/2018.gpub")), "no book of too many posts")
    capsule.write(os.path.join(folder, "capsule/blog.gpub"), "ours\n")
    ini = write_ini(folder, {**SETTINGS, "book": {"enabled": "no"}})
    with Server(program, ini) as server:
        tap.ok(gemini.get(server.gemini, "/blog.gpub").body == b"ours\n", "a file beats a book")
        tap.ok(gemini.get(server.gemini, "/book/2018.gpub").status == 51, "no books")


if __name__ == "__main__":
    main(books, settings)

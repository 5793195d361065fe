#!/usr/bin/env python3
"""The light site, link by link, as Gemini and Gopher clients get it."""

import os
import re
import urllib.parse

import capsule
import gemini
import gopher
from capsule import POSTS, Post
from server import Server, main, write_ini
from test_pages import LINK, links, page_faults, size_is_near

PART = 1000  # bytes
SETTINGS = {"light": {"part": "1 kB"}, "blog": {"page_size": "4"}}
SIZE = re.compile(r"\(((?:[A-Z0-9]+, )?)(\d{1,3} B|\d\.\d [kM]B|\d{2,3} [kM]B)\)$")
LONG = Post("/2014/05/long.gmi", "A long walk", "2014-05-06", [capsule.WORK],
            "\n\n".join(f"Step {number} of the walk went over a field, along a ditch and home."
                        for number in range(60)) + "\n\n=> /media/field.png The field\n---")

urllib.parse.uses_relative.append("gemini")
urllib.parse.uses_netloc.append("gemini")


def make(folder):
    root = capsule.build(folder)
    capsule.write_posts(root, [LONG])
    capsule.write(os.path.join(root, "media/field.png"), b"p" * 5000)
    capsule.write(os.path.join(root, "media/field.png.320.jpg"), b"j" * 700)
    return root


def crawl(address):
    """{path: answer} of all that the light home page leads to inside /light/, and other targets."""
    seen, others, todo = {}, {}, ["/light/"]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen[path] = gemini.get(address, path)
        if seen[path].status != 20:
            continue
        for target in links(seen[path].text):
            url = urllib.parse.urljoin("gemini://localhost" + path, target)
            parts = urllib.parse.urlsplit(url)
            if parts.scheme == "gemini" and parts.hostname == "localhost":
                where = parts.path + ("?" + parts.query if parts.query else "")
                if parts.path.startswith("/light/"):
                    todo.append(where)
                else:
                    others.setdefault(where, path)
    return seen, others


def link_faults(root, path, text):
    """Links to files that do not say what they cost, or lie."""
    faults = []
    for line in text.split("\n"):
        match = LINK.match(line)
        if not match:
            continue
        url = urllib.parse.urljoin("gemini://localhost" + path, match.group(1))
        target = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
        file = root + target.removeprefix("/light")
        if not url.startswith("gemini://localhost/") or not os.path.isfile(file):
            continue
        cost = SIZE.search(match.group(2) or "")
        if not cost or not size_is_near(cost.group(2), os.path.getsize(file)):
            faults.append(f"{line!r} of {os.path.getsize(file)} bytes")
    return faults


def gemini_site(tap, program, folder):
    """Every page has a light form; what leads out of it is no page."""
    root = make(folder)
    with Server(program, write_ini(folder, SETTINGS)) as server:
        seen, others = crawl(server.gemini)
        bad = [path for path, answer in seen.items() if answer.status not in (10, 20, 30)]
        tap.ok(not bad, "all links inside lead somewhere", bad)
        for post in [*POSTS, LONG]:
            tap.ok("/light" + post.path in seen, f"{post.path} is found", sorted(seen))
        for path in ("/light/archive/", "/light/label/", "/light/lang/", "/light/2017/",
                     "/light/2017/11/", "/light/label/work/", "/light/lang/nl/",
                     "/light/about.gmi"):
            tap.ok(path in seen, f"{path} is found", sorted(seen))
        for path, answer in sorted(seen.items()):
            if answer.status != 20:
                continue
            faults = [fault for fault in page_faults(answer) if "entries" not in fault]
            if len(answer.body) > PART:
                faults.append(f"{len(answer.body)} bytes")
            faults += link_faults(root, path, answer.text)
            tap.ok(not faults or path == "/light/empty.gmi", f"{path} is light", faults)
        bad = [path for path in others if gemini.get(server.gemini, path).status != 20]
        tap.ok(not bad, "all links out lead somewhere", bad)
        tap.ok(set(others) <= {"/", "/media/field.png.320.jpg"}, "only files are outside", others)
        count = sum(path.startswith("/light/2014/05/long") for path in seen)
        parts = [LONG.path.replace(".", f"~{n}." if n > 1 else ".") for n in range(1, count + 1)]
        steps = [int(step) for path in parts
                 for step in re.findall(r"^Step (\d+)", seen["/light" + path].text, re.M)]
        tap.ok(steps == list(range(60)), f"a post of {count} parts is whole", steps)
        tap.ok(count > 4, "it has parts", count)
        full = gemini.get(server.gemini, "/")
        tap.ok("/light/" in links(full.text), "the home page leads to it", full.text)


def gopher_site(tap, program, folder):
    """The same on Gopher: menus all the way, parts lead to each other."""
    make(folder)
    with Server(program, write_ini(folder, SETTINGS)) as server:
        seen, todo = {}, ["/light/"]
        while todo:
            selector = todo.pop()
            if selector in seen:
                continue
            seen[selector] = gopher.get(server.gopher, selector)
            if not gopher.is_menu(seen[selector]):
                continue
            todo += [item.selector for item in gopher.items(seen[selector])
                     if item.type == "1" and item.selector.startswith("/light/")]
        bad = [selector for selector, answer in seen.items() if not gopher.is_menu(answer)]
        tap.ok(not bad, "all menus are menus", bad)
        missing = [post.path for post in POSTS if "/light" + post.path not in seen]
        tap.ok(not missing, "all posts are found", missing)
        tap.ok("/light/2014/05/long~7.gmi" in seen, "and all parts", sorted(seen))
        asking = [item.type for item in gopher.items(seen["/light/"])
                  if item.selector == "/light/search"]
        tap.ok(asking == ["7"], "the search asks at once", seen["/light/"])
        text = gopher.get(server.gopher, "/light/2014/05/long~2.txt")
        tap.ok(gopher.is_text(text) and b"Step " in text, "a part as text", text[:200])


if __name__ == "__main__":
    main(gemini_site, gopher_site)

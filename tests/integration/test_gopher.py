#!/usr/bin/env python3
"""Gopher requests (PROTOCOL.md 5.1, g1 to g22) and answers (5.2, m1 to m12), and what curl and lynx
make of them."""

import os
import re
import signal
import subprocess
import unicodedata

import capsule
import gemini
import gopher
from capsule import POSTS
from server import PATIENCE_S, Server, main, wait_until, write_ini

WIDTH = 67  # columns, the default
LAST = POSTS[0]

LINKS_PAGE = """# Links
A paragraph that is long enough to be wrapped at least once, as every paragraph of a post is.

* an item that is long enough to be wrapped at least once, so that its second line stands apart
> a quotation that is long enough to be wrapped at least once, with its mark on each of the lines
```drawing
\tafter a tab
```
=> /dir/ A folder
=> dir/file.gmi A page
=> dot.txt A text
=> img.png A picture
=> anim.gif A moving picture
=> song.mp3 A sound
=> paper.pdf A paper
=> pack.zip A packet
=> gopher://gopher.example.org:7071/0/a%20b Another hole
=> gopher://gopher.example.org/ A root
=> gopher://gopher.example.org/7/find A search elsewhere
=> telnet://example.org:2323 A terminal
=> https://example.org/?a=1&b=2 The web
=> mailto:a@example.org Write
=> gemini://example.org/x Another capsule
=> gemini://localhost/dir/file.gmi Ourselves
=> /""" + "n" * 300 + """ Too long to ask for
=> https://example.org/nolabel
=> dir/file.gmi """ + "A label that goes on and on " * 5 + "\n"


def fixture(folder, changes=None):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "links.gmi"), LINKS_PAGE)
    capsule.write(os.path.join(root, "robots.txt"), "User-agent: *\nDisallow: /private/\n")
    capsule.write(os.path.join(root, "page.html"), "<p>one\n<p>two\n")
    capsule.write(os.path.join(root, "anim.gif"), b"GIF89a\r\n.\r\n\n")
    capsule.write(os.path.join(root, "crlf.txt"), "one\r\ntwo\n\nthree")
    return write_ini(folder, changes)


# (row, what, request, what the answer must be). Kinds are the functions of KINDS.
REQUESTS = [
    ("g1", "a page", b"/dir/file.gmi\r\n", "menu"),
    ("g1", "a post as a menu", LAST.path.encode() + b"\r\n", "menu"),
    ("g1", "a post as a text", LAST.path[:-3].encode() + b"txt\r\n", "text"),
    ("g1", "a text", b"/dot.txt\r\n", "text"),
    ("g1", "a folder", b"/dir/\r\n", "menu"),
    ("g1", "a list", b"/2017/11/\r\n", "menu"),
    ("g1", "a page of a list", b"/2017/11/2\r\n", "menu"),
    ("g2", "LF alone", b"/dot.txt\n", "text"),
    ("g4", "an empty line", b"\r\n", "menu"),
    ("g4", "a slash", b"/\r\n", "menu"),
    ("g5", "256 bytes", b"/" + b"x" * 255 + b"\r\n", "error"),
    ("g5", "1024 bytes", b"/" + b"x" * 1023 + b"\r\n", "error"),
    ("g5", "64 KiB", b"/" + b"x" * 65535 + b"\r\n", "error"),
    ("g9", "NUL", b"/dot.txt\0\r\n", "error"),
    ("g9", "NUL first", b"\0\r\n", "error"),
    ("g9", "ESC", b"/a\x1b[2J\r\n", "error"),
    ("g9", "CR inside", b"/dot\r.txt\r\n", "error"),
    *[("g10", f"not served: {selector.decode()}", selector + b"\r\n", "error")
      for selector in (b"../outside.txt", b"/../outside.txt", b"..", b"/..",
                       b"/dir/../../outside.txt", b"..\\outside.txt", b"/.hidden", b"/.git/config",
                       b"/dir/.hidden",
                       b"/link-out", b"/link-abs", b"/link-dir-out/outside.txt", b"/link-proc",
                       b"/fifo", b"/sock", b"/loop", b"/etc/passwd", b"0/../outside.txt",
                       b"/%2e%2e/outside.txt", b"/.index.db", b"/capsule-private/secret.txt")],
    ("g11", "a type in front", b"0/dot.txt\r\n", "text"),
    ("g11", "a slash and a type in front", b"/1/dir/\r\n", "menu"),
    ("g12", "a raw name", "/été.gmi\r\n".encode(), "menu"),
    ("g12", "a raw percent sign", b"/100%.gmi\r\n", "menu"),
    ("g12", "a raw question mark", b"/q?.gmi\r\n", "menu"),
    ("g12", "a raw space", b"/a b.gmi\r\n", "menu"),
    ("g12", "an escaped name", b"/%C3%A9t%C3%A9.gmi\r\n", "menu"),
    ("g12", "escaped twice", b"/100%2525.gmi\r\n", "error"),
    ("g14", "words for what is no search", b"/dot.txt\tsome words\r\n", "text"),
    ("g15", "words and Gopher+", b"/dot.txt\tsome words\t+\r\n", "text"),
    *[("g16", f"Gopher+ probe {probe.decode()}", b"/dot.txt\t" + probe + b"\r\n", "text")
      for probe in (b"+", b"+text/plain", b"!", b"$", b"")],
    ("g16", "Gopher+ probe of the root", b"\t+\r\n", "menu"),
    ("g17", "old client at the root", b"\t$\r\n", "menu"),
    *[("g19", f"address {address.decode()}", prefix + b"URL:" + address + b"\r\n", "html")
      for prefix in (b"", b"/", b"h")
      for address in (b"https://example.org/", b"gemini://example.org/x?y",
                      b"mailto:a@example.org")],
    *[("g19", f"address {address.decode()}", b"URL:" + address + b"\r\n", "error")
      for address in (b"javascript:alert(1)", b"data:text/html,x", b"file:///etc/passwd", b"",
                      b"example.org")],
    ("g20", "caps.txt", b"caps.txt\r\n", "text"),
    ("g20", "/caps.txt", b"/caps.txt\r\n", "text"),
    ("g21", "robots.txt", b"robots.txt\r\n", "text"),
    ("g21", "/robots.txt", b"/robots.txt\r\n", "text"),
    *[("g22", f"not found: {selector.decode()}", selector + b"\r\n", "error")
      for selector in (b"/nothing", b"/nothing.txt", b"/nothing.gif", b"/nothing/", b"nothing",
                       b"/2014/", b"|/bin/sh", b"/dir/file.gmi/")],
    ("g22", "only the first line counts", b"/nothing\r\n3injected\tx\tx\t1\r\n", "error"),
]

KINDS = {
    "menu": gopher.is_menu,
    "text": gopher.is_text,
    "error": gopher.is_error,
    "html": lambda answer: b"<a href=" in answer and b"<html" in answer.lower(),
    "nothing": lambda answer: answer == b"",
}


def requests(tap, program, folder):
    """g1 to g22, each in one packet and byte by byte."""
    with Server(program, fixture(folder, {"limits": {"request_s": "2"}})) as server:
        before = server.workers()
        for row, what, request, kind in REQUESTS:
            bytewise = [request[i:i + 1] for i in range(len(request[:400]))]
            answers = {gopher.ask(server.gopher, request),
                       gopher.ask(server.gopher, *bytewise, request[400:])}
            answer, ending = next(iter(answers))
            right = KINDS[kind](answer) and (ending == "eof" or kind == "nothing")
            tap.ok(len(answers) == 1 and right and capsule.SENTINEL.encode() not in answer,
                   f"{row} {what}: {kind}", "\n".join(map(repr, answers)))
        for request, kind in [(b"/dot.txt", "text"), (b"/nothing", "error"), (b"", "nothing")]:
            answer, ending = gopher.ask(server.gopher, request, ended=True)
            tap.ok(KINDS[kind](answer) and ending == "eof", f"g3 {request!r} and the end: {kind}",
                   f"{answer!r} {ending}")
        for request in (b"", b"/dot.tx"):
            answer, ending = gopher.ask(server.gopher, request)
            tap.ok(answer == b"" and ending == "eof", f"g6 {request!r} until the deadline",
                   f"{answer!r} {ending}")
        web_page_and_caps(tap, server.gopher, os.path.join(folder, "capsule"))
        for family in server.addresses["gopher"]:
            tap.ok(gopher.is_menu(gopher.get(family, "/")), f"both families: {family[0]}")
        tap.ok(server.workers() == before, "the same workers afterwards")


def web_page_and_caps(tap, address, root):
    """g8, g19 and g20 in full."""
    answer, _ = gopher.ask(address, b"GET /dot.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    tap.ok(answer.startswith(b"HTTP/1.0 400") or gopher.is_error(answer),
           "g8 a web browser gets no file", repr(answer))
    page = gopher.get(address, "URL:https://example.org/?a=1&b=\"<script>'").decode()
    tap.ok("<script" not in page and "a=1&amp;b=&quot;&lt;script&gt;&#39;" in page.replace(
        "&apos;", "&#39;").replace("%22", "&quot;").replace("%3C", "&lt;").replace("%3E", "&gt;"),
        "g19 the address is escaped", page)
    refresh = r'http-equiv="?refresh"? content="\d+;\s*url=https://example\.org/'
    tap.ok(re.search(refresh, page, re.I) and not page.endswith(".\r\n"), "g19 the page leads on",
           page)
    lines = gopher.get(address, "caps.txt").decode().splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    tap.ok(lines[0] == "CAPS" and settings.get("CapsVersion") == "1" and
           settings.get("PathDelimeter") == "/" and
           settings.get("ServerDefaultEncoding") == "UTF-8", "g20 caps.txt", "\n".join(lines))
    capsule.write(os.path.join(root, "caps.txt"), "CAPS\nCapsVersion=9\n")
    text = gopher.get(address, "/caps.txt")
    tap.ok(text == b"CAPS\r\nCapsVersion=9\r\n", "g20 a caps.txt in the capsule is served", text)
    text = gopher.get(address, "/robots.txt")
    tap.ok(text == b"User-agent: *\r\nDisallow: /private/\r\n", "g21 robots.txt is the file", text)


def columns(text):
    """Cells on a terminal."""
    return sum(0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def answers(tap, program, folder):
    """m1 to m12 and 5.3 on one page that holds everything."""
    with Server(program, fixture(folder)) as server:
        menu = gopher.get(server.gopher, "/links.gmi")
        tap.ok(not gopher.menu_faults(menu), "m1 m2 every line is whole, the end is marked",
               "\n".join(gopher.menu_faults(menu)))
        wide = [line for line in gopher.info(menu) if columns(line) > WIDTH]
        tap.ok(not wide, f"m6 no text is wider than {WIDTH}", "\n".join(wide))
        stray = [line for line in menu.split(b"\r\n") if line.startswith(b"i")
                 and not re.fullmatch(rb"i[^\t]*\t(|TITLE)\terror\.host\t1", line)]
        tap.ok(not stray, "m8 text lines belong to nobody", stray)
        tap.ok(re.search(rb"^i[^\t]*Links\tTITLE\t", menu), "m8 the first line is the title",
               menu[:80])
        judge_links(tap, gopher.items(menu), server.gopher[1])
        shown = gopher.info(menu)
        quoted = [line for line in shown if line.startswith(">")]
        tap.ok(len(quoted) > 1, "5.3 a quotation has its mark on every line", "\n".join(shown))
        item = next((i for i, line in enumerate(shown) if line.startswith("* an item")), 0)
        tap.ok(shown[item + 1].startswith("  "), "5.3 an item's second line stands apart",
               "\n".join(shown))
        tap.ok(not any("```" in line for line in shown), "5.3 toggle lines are not shown")
        for selector in ("/2017", "/2017/11", "/dir", "/label/work"):
            moved = gopher.get(server.gopher, selector)
            found = gopher.items(moved)
            tap.ok([(item.type, item.selector) for item in found] == [("1", selector + "/")],
                   f"6 {selector} is a menu of one item", moved)
        text_pages(tap, server.gopher)
        every_page(tap, server.gopher)


def judge_links(tap, items, port):
    """m9 to m12: type, selector, host and port of each kind of link."""
    ours, theirs = ("localhost", port), ("gopher.example.org", 7071)
    for row, label, kind, selector, place in [
            ("m9", "A folder", "1", "/dir/", ours), ("m9", "A page", "1", "/dir/file.gmi", ours),
            ("m9", "A text", "0", "/dot.txt", ours), ("m9", "A picture", "I", "/img.png", ours),
            ("m9", "A moving picture", "g", "/anim.gif", ours),
            ("m9", "A sound", "s", "/song.mp3", ours), ("m9", "A paper", "9", "/paper.pdf", ours),
            ("m9", "A packet", "9", "/pack.zip", ours),
            ("m12", "Another hole", "0", "/a b", theirs),
            ("m12", "A root", "1", "", ("gopher.example.org", 70)),
            ("m12", "A search elsewhere", "7", "/find", ("gopher.example.org", 70)),
            ("m9", "A terminal", "8", None, ("example.org", 2323)),
            ("m10", "The web", "h", "URL:https://example.org/?a=1&b=2", ours),
            ("m10", "Write", "h", "URL:mailto:a@example.org", ours),
            ("m10", "Another capsule", "h", "URL:gemini://example.org/x", ours),
            ("m9", "Ourselves", "1", "/dir/file.gmi", ours)]:
        found = [item for item in items if item.text.split("  ")[0].strip() == label]
        tap.ok(len(found) == 1 and found[0].type == kind and
               selector in (None, found[0].selector) and
               (found[0].host, int(found[0].port)) == place,
               f"{row} {label} is {kind}", "\n".join(map(repr, items)))
    tap.ok(not any("nnnn" in item.selector for item in items), "m11 a selector too long is no link")
    tap.ok(any(item.text == "https://example.org/nolabel" for item in items),
           "5.3 a link without a label shows its address", items)
    long = [item.text for item in items if item.text.startswith("A label that goes")]
    tap.ok(len(long) == 1 and columns(long[0]) <= WIDTH and long[0].endswith(("…", "...")),
           "5.3 a long label is cut, not wrapped", long)


def text_pages(tap, address):
    """m3 to m5 and the text form of pages."""
    tap.ok(gopher.get(address, "/dot.txt") == b".\r\n..x\r\nplain\r\n",
           "m3 m5 text: CRLF, no stuffing, no end mark", gopher.get(address, "/dot.txt"))
    text = gopher.get(address, "/crlf.txt")
    tap.ok(text in (b"one\r\ntwo\r\n\r\nthree", b"one\r\ntwo\r\n\r\nthree\r\n"),
           "m5 line ends are made alike", text)
    for name in ("img.png", "anim.gif"):
        expected = capsule.PNG if name == "img.png" else b"GIF89a\r\n.\r\n\n"
        tap.ok(gopher.get(address, "/" + name) == expected, f"m4 {name} is sent as it is")
    tap.ok(gopher.get(address, "/page.html") == b"<p>one\n<p>two\n", "m5 HTML is not touched")
    post = gopher.get(address, POSTS[-1].path[:-3] + "txt").decode()
    lines = post.split("\r\n")
    tap.ok(gopher.is_text(post.encode()) and max(map(columns, lines)) <= WIDTH,
           "m6 the text of a post is wrapped", post)
    tap.ok("..two dots" in post and "\r\n.\r\n" not in post[-5:], "m3 its dots are left alone",
           post)
    tap.ok(re.search(r"\[1\]", post) and POSTS[-2].path[:-4] in post, "5.3 its links are listed",
           post)
    bengali = gopher.get(address, POSTS[2].path[:-3] + "txt").decode()
    tap.ok("নদীর ধারে একটি স্কুল আছে।" in bengali, "m7 other scripts arrive whole", bengali)
    entries = gopher.items(gopher.get(address, "/2018/"))
    posts = [(item.type, item.selector) for item in entries if item.selector.startswith("/2018/0")
             and not item.selector.endswith("/")]
    tap.ok(posts == [("0", post.path[:-3] + "txt") for post in POSTS[:2]],
           "6 lists lead to the text of a post", entries)


def every_page(tap, address):
    """Follows every item of ours; each must be what its type says."""
    waiting, seen = [("1", "")], set()
    port = str(address[1])
    while waiting:
        kind, selector = waiting.pop()
        if selector in seen:
            continue
        seen.add(selector)
        answer = gopher.get(address, selector)
        if kind == "1":
            tap.ok(gopher.is_menu(answer), f"{selector or 'the root'} is a menu",
                   gopher.menu_faults(answer) or answer)
            waiting += [(item.type, item.selector) for item in gopher.items(answer)
                        if (item.host, item.port) == ("localhost", port) and item.type in "01"]
        else:
            tap.ok(gopher.is_text(answer) and not gopher.is_error(answer), f"{selector} is a text",
                   answer[:200])
    missing = {post.path[:-3] + "txt" for post in POSTS} - seen
    tap.ok(not missing, "every post can be reached from the root", "\n".join(missing))


def settings(tap, program, folder):
    """width, charset, posts, strict1436, port, enabled."""
    fixture(folder)
    changes = {"width": "40", "charset": "ascii", "posts": "menu", "strict1436": "yes",
               "host": "hole.example.org", "port": "70"}
    with Server(program, write_ini(folder, {"gopher": changes})) as server:
        menu = gopher.get(server.gopher, "/2015/07/first.gmi")
        wide = [line for line in gopher.info(menu) if columns(line) > 40]
        tap.ok(not wide and not gopher.menu_faults(menu), "width = 40", "\n".join(wide))
        items = gopher.items(gopher.get(server.gopher, "/2018/"))
        tap.ok(("1", LAST.path) in [(item.type, item.selector) for item in items], "posts = menu",
               items)
        tap.ok({(item.host, item.port) for item in items} == {("hole.example.org", "70")},
               "host and port are those of the configuration", items)
        tap.ok(gopher.get(server.gopher, "/dot.txt") == b"..\r\n...x\r\nplain\r\n.\r\n",
               "m3 strict1436 stuffs dots and marks the end", gopher.get(server.gopher, "/dot.txt"))
        post = gopher.get(server.gopher, "/2015/07/first.txt")
        tap.ok(b"\r\n...two dots\r\n" in post and post.endswith(b"\r\n.\r\n"),
               "m3 strict1436 in the text of a post", post)
        shown = [line.split(b"\t")[0] for line in gopher.get(server.gopher, "/").split(b"\r\n")]
        tap.ok(all(text.isascii() for text in shown), "m7 charset = ascii", shown)
    with Server(program, write_ini(folder, {"gopher": {"charset": "latin-1"}})) as server:
        capsule.write(os.path.join(folder, "capsule/umlaut.gmi"), "# Ünter “uns” … नदी\n")
        menu = gopher.get(server.gopher, "/umlaut.gmi").decode("latin-1")
        tap.ok('Ünter "uns" ...' in menu and "?" in menu, "m7 charset = latin-1", menu)
    with Server(program, write_ini(folder, {"gopher": {"enabled": "no"}}), listeners=2) as server:
        said = server.stop()
        rest = list(iter(server.next_line, None))
        tap.ok(not said and not any("gopher" in line for line in rest),
               "enabled = no opens no port", f"{said} {rest}")


def words(tap, program, folder):
    """g13 to g15: words to search for as UTF-8 and as Latin-1, as an item of type 7 sends them, in
    a query, inside TLS."""
    ini = fixture(folder)
    capsule.write(os.path.join(folder, "capsule/2018/04/harbour.gmi"),
                  "# Le café des pêcheurs\n2018-04-01 · fr\n\nUn café au bord de l'eau.\n")
    with Server(program, ini) as server:
        home = gopher.items(gopher.get(server.gopher, "/"))
        tap.ok([item.type for item in home if item.selector == "/search"] == ["7"],
               "the root leads to the search", home)
        answer = gopher.get(server.gopher, "/search")
        tap.ok([item.type for item in gopher.items(answer)] == ["7"], "without words it asks",
               answer)
        expected = gopher.get(server.gopher, "/search\tcafé")
        found = [item.selector for item in gopher.items(expected)]
        tap.ok("/2018/04/harbour.txt" in found, "words in UTF-8", expected)
        for what, request in [("in Latin-1", b"/search\tcaf\xe9\r\n"),
                              ("in a query in Latin-1", b"/search?caf%E9\r\n"),
                              ("in a query in UTF-8", b"/search?caf%C3%A9\r\n"),
                              ("with Gopher+", b"/search\tcaf\xe9\t+\r\n"),
                              ("with a type in front", b"7/search\tcaf\xe9\r\n")]:
            answer, _ = gopher.ask(server.gopher, request)
            tap.ok(answer == expected, f"words {what}", answer)
        answer = gopher.get(server.gopher, "/search\t" + "café " * 300)
        tap.ok("/2018/04/harbour.txt" in [item.selector for item in gopher.items(answer)] and
               "Too many words: only the first ones count" in gopher.info(answer),
               "words that go on and on", answer)
        answer = gopher.get(server.gopher, "/about.gmi\t" + "café " * 300)
        tap.ok(answer == gopher.get(server.gopher, "/about.gmi"), "words where none are asked for",
               answer)
        answer = gemini.ask(server.gopher, b"/search\tcaf\xe9\r\n").raw
        tap.ok(answer == expected, "words inside TLS", answer)
        answer, _ = gopher.ask(server.gopher, b"/search\tcaf\xe9 l\x92eau\r\n")
        tap.ok("/2018/04/harbour.txt" in [item.selector for item in gopher.items(answer)],
               "two words with Windows' apostrophe", answer)
        answer = gopher.get(server.gopher, "/search\tনদীর")
        tap.ok(POSTS[2].path[:-3] + "txt" in [item.selector for item in gopher.items(answer)],
               "words in Bengali", answer)
        pages, selector = [], "/search\tthe"
        while selector and len(pages) < len(POSTS):
            found = gopher.items(gopher.get(server.gopher, selector))
            pages.append([item.selector for item in found if item.selector.endswith(".txt")])
            selector = next((item.selector for item in found
                             if item.text.startswith("Next page")), None)
        posts = [post for page in pages for post in page]
        tap.ok(len(pages) > 1 and len(posts) == len(set(posts)), "results go on page by page",
               pages)
        curl = subprocess.run(
            ["curl", "-s", "gopher://{}:{}/7/search%09caf%C3%A9".format(*server.gopher)],
            capture_output=True, timeout=PATIENCE_S, check=False)
        tap.ok(curl.stdout == expected, "curl searches", curl)


def several_listeners(tap, program, folder):
    """Each with its own width, charset, form of posts and port; one look at a reload, too."""
    fixture(folder)
    listen = ("127.0.0.1:0, 127.0.0.1:0 width=40 charset=ascii, "
              "[::1]:0 width=132 charset=latin-1 posts=menu strict1436=yes port=70")
    ini = write_ini(folder, {"gopher": {"listen": listen}})
    for name in ("latin.gmi", "latin.txt"):
        capsule.write(os.path.join(folder, "capsule", name),
                      "L'été, déjà: ça va.\n".encode("latin-1"))
    capsule.write(os.path.join(folder, "capsule/windows.txt"),
                  "Words in “quotes” – and more words\n".encode("windows-1252"))
    with Server(program, ini, listeners=5) as server:
        plain, narrow, wide = server.addresses["gopher"]
        capsule.write(os.path.join(folder, "capsule/words.gmi"),
                      "# Café\n" + "eenentwintig woorden " * 20 + "\n")
        for address, width in ((plain, 67), (narrow, 40), (wide, 132)):
            answer = gopher.get(address, "/words.gmi").decode(
                "latin-1" if address == wide else "utf-8")
            shown = [line[1:].split("\t")[0] for line in answer.split("\r\n")[:-1]]
            most = max(map(columns, shown))
            tap.ok(width - 12 <= most <= width, f"width = {width}", f"{most}: {answer}")
            tap.ok(shown[0] == ("Cafe" if address == narrow else "Café"), f"charset of {width}",
                   answer)
        for address, kind in ((plain, "0"), (narrow, "0"), (wide, "1")):
            found = {item.type for item in gopher.items(gopher.get(address, "/2018/"))
                     if "/2018/0" in item.selector and not item.selector.endswith("/")}
            tap.ok(found == {kind}, f"posts are of type {kind}", found)
        for address, port in ((plain, plain[1]), (narrow, narrow[1]), (wide, 70)):
            found = {item.port for item in gopher.items(gopher.get(address, "/"))}
            tap.ok(found == {str(port)}, "menus point to the same listener, or where it says",
                   f"{found} for {address}")
        for address, dots in ((plain, b".\r\n..x\r\nplain\r\n"),
                              (wide, b"..\r\n...x\r\nplain\r\n.\r\n")):
            tap.ok(gopher.get(address, "/dot.txt") == dots, "dots as the listener says",
                   gopher.get(address, "/dot.txt"))
        for address, text in ((plain, "L'été, déjà: ça va.".encode()),
                              (narrow, b"L'ete, deja: ca va."),
                              (wide, "L'été, déjà: ça va.".encode("latin-1"))):
            menu = gopher.get(address, "/latin.gmi")
            tap.ok(menu.startswith(b"i" + text + b"\t"), "gemtext in Latin-1 is read as such", menu)
            got = gopher.get(address, "/latin.txt")
            tap.ok(got.startswith(text + b"\r\n"), "and so is a text", got)
            got = gopher.get(address, "/windows.txt").decode(
                "latin-1" if address == wide else "utf-8")
            shown = "“quotes” –" if address == plain else '"quotes" -'
            tap.ok(got.startswith(f"Words in {shown} and more words\r\n"), "and one from Windows",
                   got)
        encodings = [re.search(r"Encoding=(.*)\r", gopher.get(address, "caps.txt").decode())[1]
                     for address in (plain, narrow, wide)]
        tap.ok(encodings == ["UTF-8", "US-ASCII", "ISO-8859-1"], "caps.txt says each charset",
               encodings)
        write_ini(folder, {"gopher": {"listen": listen.replace("width=40", "width=41")}})
        server.signal(signal.SIGHUP)
        menu = wait_until(lambda: next((got for got in [gopher.get(narrow, "/words.gmi")]
                                        if max(map(columns, gopher.info(got))) > 40), None),
                          "the new width")
        tap.ok(max(map(columns, gopher.info(menu))) == 41, "a reload changes the width", menu)


def encrypted(tap, program, folder):
    """g7: the same answers inside TLS, on the same port, which caps.txt names."""
    with Server(program, fixture(folder, {"limits": {"request_s": "2"}})) as server:
        address = server.gopher
        for _, what, request, kind in REQUESTS:
            plain = gopher.ask(address, request)[0]
            answer = gemini.ask(address, request)
            tap.ok(answer.raw == plain and answer.ending == "close_notify" and answer.finished,
                   f"TLS: {what}", f"{answer!r} {plain[:80]!r}")
        bytewise = [bytes([byte]) for byte in b"/dot.txt\r\n"]
        tap.ok(gemini.ask(address, *bytewise).raw == gopher.get(address, "/dot.txt"),
               "TLS: byte by byte, in records of their own")
        big = gemini.ask(address, b"/big.txt\r\n").raw
        tap.ok(len(big) == capsule.BIG // 16 * 17 and big == gopher.get(address, "/big.txt"),
               "TLS: a large text arrives whole", len(big))
        for what, start in [("one byte of a handshake", b"\x16"),
                            ("half a handshake", b"\x16\x03\x01\x02\x00\x01"),
                            ("a broken handshake", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")]:
            answer, ending = gopher.ask(address, start)
            tap.ok(gopher.is_close(answer) and ending in ("eof", "reset"), f"{what} ends", answer)
        with gemini.Conversation(address, sni="alt.localhost") as conversation:
            answer = conversation.answer()
            tap.ok(answer.raw == b"" and answer.ending == "close_notify",
                   "TLS: who asks nothing gets a clean end", repr(answer))
        with gemini.Conversation(address) as conversation:
            conversation.send(b"/dot.txt")
            conversation.close_notify()
            tap.ok(conversation.answer().raw == gopher.get(address, "/dot.txt"),
                   "TLS: g3 the end of the request is close_notify")
        caps = gopher.get(address, "caps.txt").decode()
        tap.ok(f"\r\nServerTLSPort={address[1]}\r\n" in caps, "g20 caps.txt names the TLS port",
               caps)
        run = subprocess.run(
            ["openssl", "s_client", "-quiet", "-connect", "{}:{}".format(*address)],
            input=b"/dir/file.gmi\r\n", capture_output=True, timeout=PATIENCE_S, check=False)
        tap.ok(gopher.is_menu(run.stdout), "openssl s_client reads a page", run)


def real_clients(tap, program, folder):
    """curl and lynx."""
    with Server(program, fixture(folder)) as server:
        where = "gopher://{}:{}".format(*server.gopher)

        def command(*arguments):
            return subprocess.run(arguments, capture_output=True, timeout=PATIENCE_S, check=False,
                                  env={**os.environ, "HOME": folder, "LANG": "C.UTF-8"}).stdout

        tap.ok(gopher.is_menu(command("curl", "-s", where)), "curl reads the root")
        tap.ok(gopher.is_menu(command("curl", "-s", where + "/1/dir/")), "curl reads a folder")
        tap.ok(command("curl", "-s", where + "/0/dot.txt") == b".\r\n..x\r\nplain\r\n",
               "curl reads a text")
        tap.ok(command("curl", "-s", where + "/9/img.png") == capsule.PNG, "curl saves a picture")
        answer = command("curl", "-s", "-k", where.replace("gopher:", "gophers:") + "/0/dot.txt")
        tap.ok(answer == b".\r\n..x\r\nplain\r\n", "curl reads a text by gophers", answer)
        lynx = ["lynx", "-cfg=/dev/null", "-dump", "-display_charset=utf-8"]
        shown = command(*lynx, where + "/1/2018/").decode("utf-8", "replace")
        tap.ok(LAST.title in shown, "lynx shows a list", shown)
        shown = command(*lynx, where + "/0" + LAST.path[:-3] + "txt").decode("utf-8", "replace")
        tap.ok("the queue is short" in shown, "lynx shows a post", shown)


if __name__ == "__main__":
    main(requests, answers, settings, words, several_listeners, encrypted, real_clients)

#!/usr/bin/env python3
"""Every page of ARCHITECTURE.md, "What a reader finds", as a Gemini client gets it."""

import os
import re
import urllib.parse

import capsule
import gemini
from capsule import POSTS
from server import SETTINGS, Server, main, write_ini

PAGE_SIZE = int(SETTINGS["blog"]["page_size"])  # some lists fill their last page, some do not
INDEX_LINE = re.compile(r"=> (\S+) (\d{4}-\d\d-\d\d) (\S.*) "
                        r"\((\d{1,3} B|\d\.\d [kM]B|\d{2,3} [kM]B)\)")
LINK = re.compile(r"=>[ \t]*(\S+)(?:[ \t]+(.*))?")
# Lagrange's matcher of subscriptions (PROTOCOL.md 4.1)
ENTRY = re.compile(r"^=>\s*([^\s]+)\s+([0-9]{4}-[0-1][0-9]-[0-3][0-9])([^0-9].*)")
UNITS = {"B": 1, "kB": 1000, "MB": 1000000}

urllib.parse.uses_relative.append("gemini")
urllib.parse.uses_netloc.append("gemini")


def labelled(slug):
    return [post for post in POSTS if slug in dict(post.labels)]


def dated(prefix):
    return [post for post in POSTS if post.date.startswith(prefix)]


def written_in(language):
    return [post for post in POSTS if (re.search(r" · (\w\w)\n", post.text) or
                                       ["", "en"])[1] == language]


# Path of the first page, the posts that the list holds on all of its pages.
LISTS = [
    ("/2018/", dated("2018")), ("/2017/", dated("2017")), ("/2015/", dated("2015")),
    ("/2017/11/", dated("2017-11")), ("/2017/12/", dated("2017-12")),
    ("/2016/02/", dated("2016-02")),
    ("/label/work/", labelled("work")), ("/label/health-care/", labelled("health-care")),
    ("/label/floods-rain/", labelled("floods-rain")),
    (f"/label/{capsule.BANGLA[0]}/", labelled(capsule.BANGLA[0])),
    ("/lang/nl/", written_in("nl")), ("/lang/bn/", written_in("bn")),
    ("/lang/en/", written_in("en")),
]

MOVED = ["/2017", "/2017/11", "/label", "/label/work", "/archive", "/lang/nl", "/dir"]

ABSENT = ["/2014/", "/2017/02/", "/2017/13/", "/2017/00/", "/2017/1e3/", "/+2017/", "/02017/",
          "/2017/+1/", "/20a7/", "/-2017/", "/2014/10/20/", "/2017/9", "/2017/11/9", "/label/no/",
          "/label/work/9", "/label/work/0", "/label/work/-1", "/label/work/2x", "/label/work/2/",
          "/label/work/99999999999999999999", "/label/WORK/", "/lang/de/", "/lang/n/",
          "/lang/nl/7", "/archive/2017/", "/2017/11/none.gmi", "/2017/11/regen",
          "/2018/11/regen.gmi", "/2017/11/regen.gmi/"]


def listed(text):
    """(path, date, title, size) of each index line."""
    return [match.groups() for match in map(INDEX_LINE.fullmatch, text.splitlines()) if match]


def links(text):
    """The targets of all link lines outside preformatted blocks."""
    targets, preformatted = [], False
    for line in text.split("\n"):
        preformatted ^= line.startswith("```")
        match = LINK.match(line)
        if match and not preformatted:
            targets.append(match.group(1))
    return targets


def size_is_near(words, size):
    number, unit = words.split(" ")
    return abs(float(number) * UNITS[unit] - size) <= (0.06 * size if unit != "B" else 0)


def page_faults(answer):
    """What is wrong with a generated page, whatever it shows."""
    text = answer.text
    lines = text.split("\n")
    faults = answer.faults() + ([] if answer.media_type == "text/gemini" else [answer.meta])
    if not lines[0].startswith("# "):
        faults.append(f"it does not begin with its title: {lines[0]!r}")
    if sum(line.startswith("# ") for line in lines) != 1:
        faults.append("it has not exactly one title")
    if not text.endswith("\n") or text.endswith("\n\n"):
        faults.append(f"its end: {text[-40:]!r}")
    if "\n\n\n" in text:
        faults.append("two empty lines in a row")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", text):
        faults.append("a control character")
    if sum(line.startswith("```") for line in lines) % 2:
        faults.append("a preformatted block without an end")
    if "```" in [line for line in lines if line.startswith("```")][::2]:
        faults.append("a preformatted block without alt text")
    entries = [match.group(1) for match in map(ENTRY.match, lines) if match]
    if len(entries) != len(set(entries)):
        faults.append("a subscriber would see an entry twice")
    if len(entries) != len(listed(text)):
        faults.append(f"{len(entries)} entries, {len(listed(text))} index lines")
    return faults


def pages_of(address, path, count):
    """The answers of a list's pages."""
    return [gemini.get(address, path if number == 1 else f"{path}{number}")
            for number in range(1, (count + PAGE_SIZE - 1) // PAGE_SIZE + 1)]


def whole_list(address, path):
    """The texts of all pages of a list of unknown length, one after the other."""
    texts, number = [], 1
    while True:
        answer = gemini.get(address, path if number == 1 else f"{path}{number}")
        assert not page_faults(answer), f"{path} page {number}: {page_faults(answer)}"
        texts.append(answer.text)
        number += 1
        if f"{path}{number}" not in links(answer.text):
            return "".join(texts)


def lists(tap, program, folder):
    """Every list: all posts, in order, page by page, each line in its grammar."""
    capsule.build(folder, index=False)
    with Server(program, write_ini(folder)) as server:
        for path, posts in LISTS:
            answers = pages_of(server.gemini, path, len(posts))
            found = [entry for answer in answers for entry in listed(answer.text)]
            tap.ok([entry[0] for entry in found] == [post.path for post in posts],
                   f"{path} lists its posts, newest first", "\n".join(map(str, found)))
            tap.ok(all(len(listed(answer.text)) == PAGE_SIZE for answer in answers[:-1]),
                   f"{path} has {PAGE_SIZE} lines a page")
            judge_lines(tap, path, found, posts)
            for number, answer in enumerate(answers, 1):
                faults = page_faults(answer) + neighbour_faults(answer, path, number, len(answers))
                tap.ok(not faults, f"{path} page {number} is well made",
                       "\n".join([*faults, answer.text]))
            beyond = gemini.get(server.gemini, f"{path}{len(answers) + 1}")
            tap.ok(beyond.status == 51, f"{path} has no page {len(answers) + 1}", repr(beyond))
        for path in MOVED:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 31 and answer.meta.endswith(path + "/"),
                   f"{path} moves to {path}/", repr(answer))
        for path in ABSENT:
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status == 51, f"{path} is nothing", repr(answer))
        dates(tap, server.gemini)
        labels(tap, server.gemini)


def judge_lines(tap, path, found, posts):
    for (_, date, title, size), post in zip(found, posts):
        if not tap.ok((date, title) == (post.date, post.title or "Untitled") and
                      size_is_near(size, post.size), f"{path} line of {post.path}",
                      f"{date} {title} ({size}), not {post.date} {post.title} ({post.size} B)"):
            return


def neighbour_faults(answer, path, number, last):
    """Pages of one list link to each other, both ways."""
    targets = links(answer.text)
    before = path if number == 2 else f"{path}{number - 1}"
    faults = []
    if number > 1 and before not in targets:
        faults.append(f"no link back to {before}")
    if (f"{path}{number + 1}" in targets) != (number < last):
        faults.append(f"a link on to {path}{number + 1}: {number == last}")
    return faults


def dates(tap, address):
    """The date index: counts, bars, neighbours, archive."""
    year = gemini.get(address, "/2017/").text
    block = re.search(r"^```\S.*\n((?:.*\n)+?)```$", year, re.MULTILINE)
    bars = block.group(1).splitlines() if block else []
    tap.ok(block is not None and len(bars) >= 2, "/2017/ has bars in a block with alt text", year)
    lengths = [len(re.findall("[█-▏]", line)) for line in bars]
    tap.ok(len(set(lengths)) > 1 and max(lengths, default=0) > 0,
           "/2017/ a month with more posts has the longer bar", "\n".join(bars))
    tap.ok({"/2017/11/", "/2017/12/"} <= set(links(year)), "/2017/ links to its months", year)
    tap.ok(re.search(r"\b5 posts\b", year), "/2017/ says how many posts", year)
    month = gemini.get(address, "/2017/11/").text
    tap.ok(re.search(r"\b4 posts\b", month), "/2017/11/ says how many posts", month)
    for path, neighbours, strangers in [
            ("/2017/", {"/2016/", "/2018/"}, {"/2015/"}), ("/2018/", {"/2017/"}, {"/2019/"}),
            ("/2017/11/", {"/2016/02/", "/2017/12/"}, {"/2017/10/"}),
            ("/2015/07/", {"/2016/02/"}, {"/2015/06/"})]:
        targets = set(links(gemini.get(address, path).text))
        tap.ok(neighbours <= targets and not strangers & targets, f"{path} links to its neighbours",
               f"{sorted(targets)}")
    archive = whole_list(address, "/archive/")
    expected = {f"/{post.date[:4]}/" for post in POSTS}
    expected |= {f"/{post.date[:4]}/{post.date[5:7]}/" for post in POSTS}
    tap.ok(expected <= set(links(archive)), "/archive/ has every year and month", archive)
    months = re.findall(r"^=> /\d{4}/\d\d/ .*\(\d+\)$", archive, re.MULTILINE)
    tap.ok(len(months) == 6, "/archive/ has counts", archive)


def labels(tap, address):
    index = whole_list(address, "/label/")
    for slug, name in (capsule.WORK, capsule.CARE, capsule.FLOOD, capsule.BANGLA):
        line = re.search(rf"^=> /label/{re.escape(slug)}/ {re.escape(name)} \(\d+\)$", index,
                         re.MULTILINE)
        tap.ok(line and re.search(rf"\b{len(labelled(slug))}\b", line.group()[len(slug):]),
               f"/label/ has {name} with its count", index)
        title = gemini.get(address, f"/label/{slug}/").text.split("\n")[0]
        tap.ok(name in title, f"/label/{slug}/ has its name in the title", title)


def alike(number):
    """The next older and newer posts of each label of a post."""
    found = set()
    for slug, _ in POSTS[number].labels:
        older = [post.path for post in POSTS[number + 1:] if slug in dict(post.labels)]
        newer = [post.path for post in POSTS[:number] if slug in dict(post.labels)]
        found |= {*older[:1], *newer[-1:]}
    return found


def posts(tap, program, folder):
    """A post is its file, byte for byte, then a footer of older and newer."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        for number, post in enumerate(POSTS):
            answer = gemini.get(server.gemini, post.path)
            tap.ok(answer.status == 20 and answer.text.startswith(post.text) and
                   not answer.faults(), f"{post.path} is its file", repr(answer))
            footer = answer.text[len(post.text):]
            around = {POSTS[i].path for i in (number - 1, number + 1) if 0 <= i < len(POSTS)}
            found = [target for target in links(footer) if target.endswith(".gmi")]
            tap.ok(set(found[:len(around)]) == around,
                   f"{post.path} leads to the older and the newer", footer)
            tap.ok(set(found) - around == alike(number) - around - {post.path} and
                   len(found) == len(set(found)), f"{post.path} leads to those alike", footer)
            tap.ok(f"/{post.date[:4]}/{post.date[5:7]}/" in links(footer),
                   f"{post.path} leads to its month", footer)
            tap.ok(footer.startswith("\n") and footer.endswith("\n") and "\n\n\n" not in footer,
                   f"{post.path} has its footer apart", repr(footer))
        for name in ("about.gmi", "dir/file.gmi", "dot.txt", "dir/index.gmi"):
            answer = gemini.get(server.gemini, "/" + name)
            tap.ok(answer.text == capsule.FILES[name], f"/{name} is itself", repr(answer))
        answer = gemini.get(server.gemini, "/dir/")
        tap.ok(answer.text == capsule.FILES["dir/index.gmi"], "/dir/ is its index.gmi alone",
               repr(answer))


def home(tap, program, folder):
    """The home page with and without a hand-written index.gmi; every page again after a restart."""
    root = capsule.build(folder, index=False)
    ini = write_ini(folder)
    with Server(program, ini) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.text.startswith("# Test capsule\n") and "Words for tests" in answer.text,
               "/ has title and subtitle", answer.text)
        judge_home(tap, answer, "/")
        before = crawl(tap, server.gemini)
        costs(tap, root, before)
        again = {path: gemini.get(server.gemini, path).raw for path in before}
        tap.ok(again == before, "every page has the same bytes when asked again",
               "\n".join(path for path in before if again[path] != before[path]))
    os.unlink(os.path.join(root, ".index.db"))
    with Server(program, ini) as server:
        again = {path: gemini.get(server.gemini, path).raw for path in before}
        tap.ok(again == before, "every page has the same bytes after the index was made anew",
               "\n".join(path for path in before if again[path] != before[path]))
    capsule.write(os.path.join(root, "index.gmi"), capsule.INDEX)
    with Server(program, ini) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.text.startswith(capsule.HOME) and "# Test capsule" not in answer.text,
               "/ begins with index.gmi instead", answer.text)
        judge_home(tap, answer, "/ with index.gmi")


def costs(tap, root, pages):
    """Every line that the server makes and that leads to a file says what the file costs."""
    free, told = [], 0
    for path, raw in pages.items():
        header, body = raw.split(b"\r\n", 1)
        place = root + urllib.parse.unquote(path)
        if not header.startswith(b"20 text/gemini") or path.startswith(("/light/", "/book/")):
            continue  # there the text of posts, which is their own, is part of the page
        written = os.path.getsize(place) if os.path.isfile(place) else 0
        for line in body[written:].decode().split("\n"):
            link = LINK.match(line)
            target = link and os.path.join(root, urllib.parse.unquote(link.group(1)).lstrip("/"))
            if link and os.path.isfile(target):
                told += 1
                size = re.search(r"\((\S+ [kM]?B)\)$", link.group(2) or "")
                if not size or not size_is_near(size.group(1), os.path.getsize(target)):
                    free.append(f"{path}: {line}")
    tap.ok(told > 50 and not free, f"{told} links to files say what they cost", "\n".join(free))


def judge_home(tap, answer, what):
    faults = page_faults(answer)
    tap.ok(not faults, f"{what} is well made", "\n".join([*faults, answer.text]))
    tap.ok([entry[0] for entry in listed(answer.text)] == [post.path for post in POSTS[:PAGE_SIZE]],
           f"{what} has the newest posts", answer.text)
    targets = set(links(answer.text))
    for path in ("/label/work/", "/archive/", "/lang/nl/", "/lang/bn/", "/about.gmi"):
        tap.ok(path in targets, f"{what} leads to {path}", answer.text)


def crawl(tap, address):
    """Follows every link of our own; each must lead somewhere at once. Returns path -> bytes."""
    waiting, seen = ["/"], {}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        answer = gemini.get(address, path)
        if path == "/random":  # another one each time
            tap.ok(answer.status == 30, "a link leads to any post", repr(answer))
            continue
        seen[path] = answer.raw
        tap.ok(answer.status in (20, 10), f"a link leads to {path}", repr(answer))
        if answer.media_type != "text/gemini":
            continue
        faults = page_faults(answer) if answer.body else []
        tap.ok(not faults, f"{path} is well made", "\n".join([*faults, answer.text]))
        for target in links(answer.text):
            where = urllib.parse.urljoin("gemini://localhost" + path, target)
            if where.startswith("gemini://localhost/"):
                waiting.append(where[len("gemini://localhost"):])
    missing = {post.path for post in POSTS} - set(seen)
    tap.ok(not missing, "every post can be reached from /", "\n".join(missing))
    return seen


def real_files(tap, program, folder):
    """A real file always beats a generated page."""
    root = capsule.build(folder)
    places = ["archive", "label", "label/work", "lang/nl", "2017", "2017/11", "search"]
    for place in places:
        capsule.write(os.path.join(root, place, "index.gmi"), f"# Ours: {place}\n")
    capsule.write(os.path.join(root, "label/floods-rain/2"), "ours\n")
    with Server(program, write_ini(folder)) as server:
        for place in places:
            answer = gemini.get(server.gemini, f"/{place}/")
            tap.ok(answer.text == f"# Ours: {place}\n", f"/{place}/ is the file", repr(answer))
        answer = gemini.get(server.gemini, "/label/floods-rain/2")
        tap.ok(answer.text == "ours\n", "/label/floods-rain/2 is the file", repr(answer))
        answer = gemini.get(server.gemini, "/label/floods-rain/")
        tap.ok(len(listed(answer.text)) == PAGE_SIZE, "the page beside it is made", repr(answer))


def empty_capsule(tap, program, folder):
    """Nothing to show is no reason to fail."""
    os.mkdir(os.path.join(folder, "capsule"))
    with Server(program, write_ini(folder)) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.status == 20 and not page_faults(answer), "/ of an empty capsule",
               f"{page_faults(answer)}\n{answer.text}")
        for path in ("/archive/", "/label/"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status in (20, 51) and not answer.faults(), f"{path} of an empty capsule",
                   repr(answer))


def capsule_of_pages(tap, program, folder):
    """Nothing but pages that somebody wrote: they can be searched, and the home page says so."""
    capsule.write(os.path.join(folder, "capsule/garden.gmi"),
                  "# The garden\n\nBeans and pumpkins.\n")
    with Server(program, write_ini(folder)) as server:
        for path, link in (("/", "/search"), ("/light/", "search")):
            ways = links(gemini.get(server.gemini, path).text)
            tap.ok(link in ways and "/archive/" not in ways, f"{path} leads to the search", ways)
        answer = gemini.get(server.gemini, "/search?pumpkins")
        tap.ok("/garden.gmi" in links(answer.text), "which finds a page", answer.text)


if __name__ == "__main__":
    main(lists, posts, home, real_files, empty_capsule, capsule_of_pages)

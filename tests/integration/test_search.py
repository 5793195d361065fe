#!/usr/bin/env python3
"""Searches on Gemini and on Gopher, by the clients that people use, in the scripts that they write;
and what was looked for is nowhere in the log."""

import os
import re
import shutil
import subprocess
import urllib.parse

import capsule
import gemini
import gopher
from server import PATIENCE_S, Server, main, run, write_ini
from test_clients import read_two_pages

SYNTHETIC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "../../../shared/data/synthetic_scripts.xml")
ONE_FAMILY = {"listen": "127.0.0.1:0", "host": "localhost"}

# A post in each script, and what must and must not find it.
SCRIPTS = {
    "/2019/01/bn.gmi": ("# মাঠের গান\n2019-01-02 · bn\n\nধান কাটার সময় মেয়েরা মাঠে গান করে।\n",
                        ["ধান", "মেয়েরা", "মেয\u09bcেরা", "\"গান করে\"", "lang:bn মাঠে"],
                        ["ধন", "মেয়ে", "কর", "\"করে গান\""]),
    "/2019/01/hi.gmi": ("# खेत के गीत\n2019-01-03 · hi\n\nफ़सल काटते समय औरतें गीत गाती हैं।\n",
                        ["गीत", "औरतें", "फ़सल", "फ\u093cसल", "गी\u200dत"],
                        ["गत", "औरत"]),
    "/2019/01/km.gmi": ("# ចម្រៀងវាលស្រែ\n2019-01-04 · km\n\nពេលច្រូតស្រូវស្ត្រីៗច្រៀងនៅវាលស្រែ។\n",
                        ["ស្រូវ", "ច្រៀង", "វាលស្រែ", "ស្រូវ\u200bស្ត្រី"], ["ស្រា", "ស្រែវាល"]),
    "/2019/01/ko.gmi": ("# 들판의 노래\n2019-01-05 · ko\n\n벼를 벨 때 여자들이 노래를 부른다.\n",
                        ["노래", "여자", "벼를"], ["래노", "남자"]),
    "/2019/01/ru.gmi": ("# Песни поля\n2019-01-06 · ru\n\nВо время жатвы женщины поют у ёлок.\n",
                        ["женщины", "ЖАТВЫ", "елок", "ёлок"], ["женщин", "жатв"]),
    "/2019/01/fr.gmi": ("# Chants d'été\n2019-01-07 · fr\n\nÀ la moisson, les femmes chantent.\n",
                        ["ete", "ÉTÉ", "d'été", "\"les femmes\""], ["femme", "eté s"]),
}


def ask(address, words, page=""):
    return gemini.get(address, f"/search{page}?{urllib.parse.quote(words)}")


def found(answer):
    """The posts of a page of results, each by its path."""
    return re.findall(r"^=> (/\d{4}/\S+) \d{4}-\d\d-\d\d ", answer.text, re.MULTILINE)


def scripts(tap, program, folder):
    root = os.path.join(folder, "capsule")
    for path, (text, _, _) in SCRIPTS.items():
        capsule.write(root + path, text)
    with Server(program, write_ini(folder)) as server:
        for path, (_, those, others) in SCRIPTS.items():
            for words in those:
                answer = ask(server.gemini, words)
                tap.ok(path in found(answer) and not answer.faults(), f"{words} finds {path}",
                       answer.text)
            for words in others:
                answer = ask(server.gemini, words)
                tap.ok(answer.status == 20 and path not in found(answer),
                       f"{words} does not find {path}", answer.text)


def pages(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok("\n=> /search Search\n" in answer.text, "the home page shows the way in")
        answer = gemini.get(server.gemini, "/search")
        tap.ok(answer.status == 10 and answer.meta.startswith("Words to search for"), "it asks",
               repr(answer))
        first = ask(server.gemini, "label:work")
        second = ask(server.gemini, "label:work", "/2")
        work = [post.path for post in capsule.POSTS if capsule.WORK in post.labels]
        tap.ok(len(work) > 2 and found(first) + found(second) == work[:4],
               "results go on, newest first", first.text + second.text)
        tap.ok("\n=> /search/2?label:work " in first.text and
               "\n=> /search?label:work " in second.text, "and lead on and back")
        tap.ok(all(post.date in first.text and f"({post.size} B)" in first.text
                   for post in capsule.POSTS if post.path in found(first)),
               "each says its date and its size", first.text)
        answer = ask(server.gemini, "\"pay slip\"")
        tap.ok(found(answer) == ["/2018/01/pay.gmi"] and "\n> She keeps it" in answer.text,
               "a phrase in a title shows how the post begins", answer.text)
        answer = ask(server.gemini, "year:2018 lang:en label:health-care roof")
        tap.ok(found(answer) == ["/2018/03/last.gmi"] and "\n> The roof is whole" in answer.text,
               "label, year and language narrow a search", answer.text)


def menus(tap, program, folder):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "2018/03/cafe.gmi"),
                  "# Le café\n2018-03-03 · fr\n\nOn y boit du café.\n")
    with Server(program, write_ini(folder)) as server:
        ways = [item for item in gopher.items(gopher.get(server.gopher, ""))
                if item.selector == "/search"]
        tap.ok([way.type for way in ways] == ["7"], "the menu shows the way in", ways)
        answer = gopher.get(server.gopher, "/search")
        tap.ok([item.type for item in gopher.items(answer)] == ["7"], "without words it asks")
        for name, request in [("UTF-8", "/search\tcafé".encode()),
                              ("Latin-1", "/search\tcafé".encode("latin-1")),
                              ("no accents", b"/search\tcafe\t+"),
                              ("a question mark", "/search?café".encode()),
                              ("escapes", b"/search?caf%C3%A9"),
                              ("a type in front", b"7/search\tcafe")]:
            answer, _ = gopher.ask(server.gopher, request + b"\r\n")
            chosen = [item.selector for item in gopher.items(answer)]
            tap.ok(chosen[:1] == ["/2018/03/cafe.txt"] and
                   "> On y boit du café." in gopher.info(answer), f"words with {name}", answer)
        answer = gopher.get(server.gopher, "/search\tlabel:work")
        on = [item for item in gopher.items(answer) if item.selector.startswith("/search/2?")]
        tap.ok(len(on) == 1 and on[0].type == "1" and
               gopher.is_menu(gopher.get(server.gopher, on[0].selector)),
               "results go on by a selector", answer)


def clients(tap, program, folder):
    capsule.build(folder)
    ini = write_ini(folder, {"gemini": ONE_FAMILY, "gopher": ONE_FAMILY})
    with Server(program, ini, listeners=2) as server:
        port = server.gopher[1]
        for name, argv in [
                ("curl", ["curl", "-s", f"gopher://127.0.0.1:{port}/7/search%09tin"]),
                ("lynx", ["lynx", "-dump", "-nolist", "-display_charset=utf-8",
                          f"gopher://127.0.0.1:{port}/7/search?tin"])]:
            if not shutil.which(name):
                tap.skip(name, f"{name} is not installed")
                continue
            done = subprocess.run(argv, capture_output=True, timeout=PATIENCE_S, check=False)
            tap.ok(b"2018-01-31 A first pay slip (" in done.stdout and
                   b"> She keeps it in a tin." in done.stdout, f"{name} searches", done)
        read_two_pages(tap, folder, "amfora", [f"gemini://localhost:{server.gemini[1]}/search"],
                       [("Words to search for", "tin", "Enter", "Enter"),
                        ("She keeps it in a tin.",)])


def silence(tap, program, folder):
    """Whatever was looked for, and however, the log does not know it."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        for path in ["/search", "/search/2", "/search/x"]:
            gemini.get(server.gemini, f"{path}?abscess")
        gemini.get(server.gemini, "/search?q=abscess&m=1")
        for request in [b"/search\tabscess", b"/search?abscess", b"/search/2?abscess",
                        b"/search%3Fabscess", b"/search/2\tabscess", b"7/search\tabscess",
                        b"/search?q=abscess"]:
            gopher.ask(server.gopher, request + b"\r\n")
        log = server.complaints()
        tap.ok("/search" in log and "abscess" not in log, "the log tells of searches only", log)


def shared(tap, program, folder):
    """An export in the scripts of Asia, as an import makes it a capsule."""
    if not os.path.exists(SYNTHETIC):
        tap.skip("synthetic scripts", "../shared/data is not here")
        return
    ini = write_ini(folder, {"blog": {"page_size": "25"}})
    done = run(program, "import", "-c", ini, SYNTHETIC)
    tap.ok(done.returncode in (0, 1), "the export is imported", done)
    with Server(program, ini) as server:
        for words, paths in [
                ("সুরক্ষা", ["/2019/06/blog-post.gmi"]), ("প্রশিক্ষণ", ["/2019/06/blog-post.gmi"]),
                ("স্বাস্থ্য ও নিরাপত্তা", ["/2019/06/blog-post.gmi"]),
                ("श्रमिकों", ["/2018/08/blog-post.gmi"]), ("क्षेत्र", ["/2018/08/blog-post.gmi"]),
                ("ज्याला", ["/2018/08/blog-post_17.gmi"]),
                ("កម្មករ", ["/2016/11/blog-post.gmi"]), ("កាត់ដេរ", ["/2016/11/blog-post.gmi"]),
                ("វគ្គបណ្តុះបណ្តាល", ["/2016/11/blog-post.gmi"]),
                ("حقوق", ["/2016/10/blog-post.gmi"]), ("שלום", ["/2016/10/blog-post_25.gmi"]),
                ("label:भारत", ["/2018/08/blog-post_17.gmi", "/2018/08/blog-post.gmi"]),
                ("pekerja", ["/2017/10/hak-pekerja-di-indonesia.gmi"]),
                ("শরমক", []), ("សុខ", [])]:
            answer = ask(server.gemini, words)
            tap.ok(found(answer) == paths, f"{words} finds {len(paths)}", answer.text)


if __name__ == "__main__":
    main(scripts, pages, menus, clients, silence, shared)

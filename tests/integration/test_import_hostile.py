#!/usr/bin/env python3
"""Documents that want to do harm: each is refused with one clear line and nothing changed, or comes
in as harmless text. Whatever comes, nothing is asked of the network and nothing outside is touched.
"""

import gzip
import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import zipfile

import blogger
import capsule
import gemini
import gopher
from blogger import Entry
from importing import Workplace, counted, is_clear, told
from server import PATIENCE_S, SLOWNESS, Server, environment, is_sanitized, main, wait_until

ROW_S = 10          # of the processor, that any of these imports may take
SANITIZED = 4       # times as many with sanitizers
ROW_KIB = 64 << 10  # resident; a capsule of a few posts needs no more
NOBODY = 65534
CUTS = 50
LEVELS = 100000
MANY = 20000
MANY_KIB = 96 << 10
LARGE = 120
LARGE_WORDS = 100000  # 500 kB a post

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

SAFE = [Entry(1, "The shelves", "<p>The water came up to the second step.</p>",
              path="/2019/03/the-shelves.html", labels=("Tides",)),
        Entry(2, "The boat", "<p>It carries forty books.</p>", "2019-02-01T09:00:00.000Z",
              path="/2019/02/the-boat.html")]

# Runs a command and says on its last line of standard error how much memory it had.
MEASURE = """import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)"""

CHANGES = re.compile(r"\b(mkdir|rename|unlink|rmdir|link|symlink|chmod|chown|truncate|mknod|utime)"
                     r"\w*\(|O_WRONLY|O_RDWR|O_CREAT")


def with_body(body, **more):
    """A good export but for one body."""
    return blogger.legacy([*SAFE, Entry(9, "The odd one", body, path="/2019/03/odd.html", **more)])


def with_head(head):
    """An export with something between the declaration and the feed."""
    return blogger.legacy(SAFE).replace("<feed", head + "<feed", 1)


def with_title(markup):
    """An export with markup, not text, in a title."""
    return blogger.legacy(SAFE).replace(">The boat<", f">{markup}<")


LAUGHS = "<!DOCTYPE feed [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 9)) + "]>"
XXE = "<!DOCTYPE feed [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"

REFUSED = {
    "xml_billion_laughs": lambda: with_head(LAUGHS).replace("The boat", "&a8;"),
    "xml_xxe_file": lambda: with_head(XXE).replace("The boat", "&x;"),
    "xml_xxe_parameter": lambda: with_head(
        "<!DOCTYPE feed [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x.dtd'>%x;]>"),
    "xml_doctype_alone": lambda: with_head("<!DOCTYPE feed>"),
    "xml_doctype_system": lambda: with_head("<!DOCTYPE feed SYSTEM 'http://127.0.0.1:9/feed'>"),
    "xml_unknown_entity": lambda: with_title("&nbsp;"),
    "xml_empty": lambda: b"",
    "xml_blank": lambda: b" \n\n\t",
    "xml_nul": lambda: with_body("<p>a\0b</p>"),
    "xml_controls": lambda: with_body("<p>a\x01b</p>"),
    "xml_utf7": lambda: b"<?xml version='1.0' encoding='UTF-7'?>+ADw-feed+AD4-"
                        + blogger.legacy(SAFE).encode().split(b"?>", 1)[1],
    "xml_ebcdic": lambda: blogger.legacy(SAFE).encode("cp037"),
    "xml_unknown_encoding": lambda: blogger.legacy(SAFE).replace("UTF-8", "TIDES-9"),
    "xml_latin1_as_utf8": lambda: with_body("<p>caf\xe9</p>").encode("latin-1"),
    "xml_attrs": lambda: with_title("x<b " + " ".join(f"a{i}='1'" for i in range(100000)) + "/>"),
    "xml_attribute_64_mib": lambda: blogger.legacy(SAFE).replace(
        "<generator ", f"<generator big='{'x' * (64 << 20)}' "),
    "xml_depth": lambda: with_title("<b>" * LEVELS + "</b>" * LEVELS),
    "xml_depth_open": lambda: with_title("<b>" * LEVELS),
    "xml_merge_conflict": lambda: blogger.legacy(SAFE).replace(
        "<entry>", "\n<<<<<<< ours\n<entry>", 1).replace("</entry>", "</entry>\n=======\n", 1)
    + "\n>>>>>>> theirs\n",
    "xml_merge_conflict_first": lambda: "<<<<<<< ours\n" + blogger.legacy(SAFE),
    "xml_two_documents": lambda: blogger.legacy(SAFE) + blogger.legacy(SAFE),
    "xml_rss": lambda: "<?xml version='1.0'?><rss version='2.0'><channel><title>No</title>"
                       "<item><title>x</title></item></channel></rss>",
    "xml_other_atom": lambda: "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x</id></feed>",
    "xml_other": lambda: "<?xml version='1.0'?><plist><dict/></plist>",
    "id_missing": lambda: with_body("<p>x</p>").replace(
        f"<id>tag:blogger.com,1999:blog-{blogger.BLOG}.post-9</id>", ""),
    "gz_nested": lambda: gzip.compress(gzip.compress(gzip.compress(
        blogger.legacy(SAFE).encode()))),
    "zip_two_blogs": lambda: blogger.archive({"One": blogger.takeout(SAFE),
                                              "Two": blogger.takeout(SAFE)}),
    "zip_no_blog": lambda: blogger.archive({}),
    "zip_not_a_feed": lambda: blogger.archive({"One": b"\x89PNG"}),
    "zip_bomb": lambda: blogger.archive({"One": " " * (64 << 20)}),
    "zip_half": lambda: blogger.archive({"One": blogger.takeout(SAFE)})[:-200],
    "zip_damaged": lambda: blogger.archive({"One": blogger.takeout(SAFE)}, zipfile.ZIP_STORED)
    .replace(b"forty books", b"fifty books"),
    "zip_cut": lambda: b"PK\x03\x04" + b"\0" * 40,
    "png": lambda: capsule.PNG,
    "entry_64_mib": lambda: with_body("<p>" + "word " * (64 << 18) + "</p>"),
}


def lines_of(work):
    """All lines of all visible text files."""
    return [line for content in work.tree().values() for line in content.decode().split("\n")]


def check_links(work):
    """No link line leads where a hostile document wanted it."""
    return [line for line in lines_of(work) if line.startswith("=> gemini://evil")]


def check_slugs(work):
    """Both posts that wanted one address are there."""
    bodies = [text for text in work.posts().values() if "water of" in text]
    return [] if len(bodies) == 2 else [list(work.posts())]


def check_scripts(work):
    return [line for line in lines_of(work) if re.search(r"SENTINEL|alert|onclick", line)]


def check_lines(work):
    """Text that looks like markup is text."""
    text = work.text("2019/03/odd.gmi")
    wanted = [" => gemini://evil.example x", " # not a heading", " * not an item",
              " > not a quote", " ```", " ### nor this"]
    return [line for line in wanted if f"\n{line}\n" not in text]


def check_crlf(work):
    text = work.text("2019/03/odd.gmi")
    links = re.findall(r"(?m)^=> (?!/label/|\S+ Original post).*$", text)
    return [] if len(links) == 1 and not check_links(work) else links or [text]


def check_title(work):
    line = work.text("2019/03/odd.gmi").split("\n")[0]
    return [] if line == "# One two three => x" else [line]


def check_label(work):
    lines = [line for line in lines_of(work) if line.startswith("=> /label/")]
    return [line for line in lines if "\t" in line] + ([] if len(lines) == 2 else lines)


def check_local(work):
    """What is no web address is neither read nor linked."""
    return [line for line in lines_of(work) if line.startswith("=> file:") or "root:x" in line]


def check_deep(work):
    """Text at any depth is kept."""
    text = work.text("2019/03/odd.gmi")
    return [word for word in ("outermost", "innermost", "afterwards") if word not in text]


def check_reserved(work):
    """No post takes the place of a page that is made."""
    taken = {"index.gmi", "search.gmi", "label.gmi", "robots.txt", "2019/03/index.gmi"}
    found = [path for path in work.tree() if path in taken - {"search.gmi", "label.gmi"}]
    bodies = [text for text in work.tree().values() if b"Reserved word" in text]
    return found + ([] if len(bodies) == 7 else [list(work.tree())])


def check_outside(work):
    return [path for path in work.tree() if "passwd" not in path and "etc" in path]


def check_duplicate(work):
    text = work.text("2019/03/odd.gmi")
    return [] if "The later text." in text and "The first text." not in text else [text]


def check_dateless(work):
    """A post with a month in its address is kept."""
    return [] if "No date here." in work.text("2019/03/odd.gmi") else [list(work.tree())]


def check_bidi(work):
    return [] if "abc" in work.text("2019/03/odd.gmi").replace(" ", "") else ["lost text"]


def reserved():
    paths = ["/2019/03/index.html", "/p/index.html", "/p/search.html", "/p/label.html",
             "/2019/03/.well-known.html", "/p/robots.txt.html", "/p/..html"]
    return blogger.legacy(SAFE + [
        Entry(20 + i, f"R{i}", f"<p>Reserved word {i}.</p>", path=path,
              kind="page" if path.startswith("/p/") else "post")
        for i, path in enumerate(paths)])


def places_outside():
    paths = ["/etc/passwd", "../../../etc/shadow", "/2019/03/../../../etc/motd.html",
             "/2019/03/%2e%2e%2f%2e%2e%2fetc.html", "/2019/13/month.html", "//etc/x.html",
             "/2019/03/a/b.html", "/2019/03/nul%00.html", "/2019/03/" + "long" * 500 + ".html",
             "/2019/03/con\tt.html", "/2019/03/%ff%fe.html", "/2019/03/.html", "C:\\x.html"]
    return blogger.takeout(SAFE + [Entry(40 + i, f"Place {i}", f"<p>Place {i}.</p>", path=path)
                                   for i, path in enumerate(paths)])


def without_dates():
    text = with_body("<p>No date here.</p>")
    head, odd = text[:text.index(".post-9<")], text[text.index(".post-9<"):]
    return head + re.sub(r"<(published|updated)>[^<]*</\1>", "", odd, count=2)


DEEP = ("<p>outermost</p>" + "<div><span><blockquote>" * (LEVELS // 3) + "innermost"
        + "</blockquote></span></div>" * (LEVELS // 3) + "<p>afterwards</p>")
TABLES = ("<p>outermost</p>" + "<table><tr><td colspan='1000000000' rowspan='1000000000'>" * 1000
          + "innermost" + "</td></tr></table>" * 1000 + "<p>afterwards</p>")
LINES = "".join(f"<p>{line}</p>" for line in (
    "=&gt; gemini://evil.example x", "# not a heading", "* not an item", "&gt; not a quote",
    "```", "### nor this"))
SCRIPTS = ("<p onclick='alert(1)'>Kept.</p><script>SENTINEL = 1;</script><style>p{SENTINEL}</style>"
           "<SCRIPT SRC='x'>SENTINEL</SCRIPT><noscript>SENTINEL</noscript>"
           "<a href='javascript:alert(2)'>a link</a><a href='data:text/html,SENTINEL'>another</a>"
           "<a href='JaVa\nScript:alert(3)'>third</a>")
FETCHES = ("<p>Pictures: <img src='http://169.254.169.254/'/><img src='file:///etc/passwd'/>"
           "<img src='//127.0.0.1:9/x.png'/><img src='cid:1'/></p>"
           "<a href='file:///etc/passwd'>passwords</a>")

DEAD_LINKS = "".join(f"<p><a href='{blogger.HOST}/2001/01/lost{i}.html'>Lost {i}</a></p>"
                     for i in range(40000))


def labels_of_one_slug():
    """Thousands of labels without a letter for their addresses."""
    names = itertools.islice(itertools.chain.from_iterable(
        itertools.product("!?+*", repeat=count) for count in range(1, 9)), 16000)
    posts = iter(lambda: tuple("".join(name) for name in itertools.islice(names, 20)), ())
    return blogger.legacy(SAFE + [Entry(100 + i, f"Title {i}", labels=labels)
                                  for i, labels in enumerate(posts)])


ACCEPTED = {
    "xml_xinclude": (lambda: with_title(
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/hostname' "
        "parse='text'/>"), None),
    "xml_utf16": (lambda: b"\xff\xfe" + blogger.legacy(SAFE).replace("UTF-8", "UTF-16")
                  .encode("utf-16-le"), None),
    "xml_latin1": (lambda: with_body("<p>caf\xe9</p>").replace("UTF-8", "ISO-8859-1")
                   .encode("latin-1"), None),
    "xml_bom": (lambda: b"\xef\xbb\xbf" + blogger.legacy(SAFE).encode(), None),
    "xml_cdata": (lambda: blogger.legacy(SAFE).replace(
        "&lt;p&gt;It carries", "<![CDATA[<p>It carries]]>"), None),
    "slug_outside": (places_outside, check_outside),
    "slug_collision": (lambda: blogger.legacy(SAFE + [
        Entry(8, "One", "<p>The water of one.</p>", path="/2019/03/same.html"),
        Entry(9, "Two", "<p>The water of two.</p>", path="/2019/03/same.html")]), check_slugs),
    "slug_reserved": (reserved, check_reserved),
    "date_missing": (without_dates, check_dateless),
    "date_odd": (lambda: with_body("<p>x</p>", published="2019-02-30T25:61:00.000Z"), None),
    "date_far": (lambda: with_body("<p>x</p>", published="0001-01-01T00:00:00.000+23:59"), None),
    "label_ctl": (lambda: with_body("<p>x</p>", labels=(
        "a\tb\r\n=> gemini://evil.example x",)), check_label),
    "html_script": (lambda: with_body(SCRIPTS), check_scripts),
    "link_related": (lambda: with_body("<p>x</p>", related="javascript:alert(1)"), check_scripts),
    "link_alternate": (lambda: blogger.legacy(SAFE, host="javascript://alert.example"),
                       check_scripts),
    "html_gemtext_line": (lambda: with_body(LINES), check_lines),
    "html_link_crlf": (lambda: with_body(
        "<a href='http://example.org/&#13;&#10;=> gemini://evil.example x'>One link</a>"),
        check_crlf),
    "html_label_crlf": (lambda: with_body(
        "<a href='http://example.org/' title='&#10;'>One&#10;=> gemini://evil.example link</a>"),
        check_crlf),
    "html_img_fetch": (lambda: with_body(FETCHES), check_local),
    "html_title_tab": (lambda: blogger.legacy(SAFE + [
        Entry(9, "One\ttwo\r\nthree\n=> x", path="/2019/03/odd.html")]), check_title),
    "html_author_ctl": (lambda: with_body("<p>x</p>", author="A\n=> gemini://evil.example \t · x"),
                        check_links),
    "html_table_bomb": (lambda: with_body(TABLES), check_deep),
    "html_depth": (lambda: with_body(DEEP), check_deep),
    "html_entities": (lambda: with_body(
        "<p>a&amp;#0;b&amp;#x1b;[31mc&amp;#55296;&amp;#99999999;&#x85;</p>"), None),
    "html_bidi": (lambda: with_body("<p>ab\u202e\u2066c</p>"), check_bidi),
    "html_attribute": (lambda: with_body(
        f"<p title='{'x' * (4 << 20)}'>outermost innermost afterwards</p>"), check_deep),
    "html_unclosed": (lambda: with_body("<p>outermost <a href=\"x innermost afterwards"), None),
    "id_duplicate": (lambda: blogger.legacy(SAFE + [
        Entry(9, "Odd", "<p>The later text.</p>", path="/2019/03/odd.html",
              updated="2020-01-01T00:00:00.000Z"),
        Entry(9, "Odd", "<p>The first text.</p>", path="/2019/03/odd.html")]), check_duplicate),
    "links_dead": (lambda: with_body(DEAD_LINKS), None),
    "labels_of_one_slug": (labels_of_one_slug, None),
    "labels_many": (lambda: with_body("<p>x</p>", labels=tuple(
        f"Label {i}" for i in range(10000))), None),
    "same_day": (lambda: blogger.legacy(SAFE + [
        Entry(100 + i, "Same", f"<p>Number {i}.</p>") for i in range(1000)]), None),
}


def faults_of(work):
    """What no capsule may have, whatever was imported."""
    faults = []
    for path, content in work.tree().items():
        try:
            text = content.decode()
        except UnicodeDecodeError:
            faults.append(f"{path}: no UTF-8")
            continue
        if CONTROL.search(text):
            faults.append(f"{path}: control characters: {CONTROL.search(text).group()!r}")
        if not all(NAME.fullmatch(name) for name in path.split("/")):
            faults.append(f"{path}: a name out of the alphabet")
    return faults


def measured(work, source):
    """An import, its seconds of the processor and its memory in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, work.program, "import", "-c", work.ini, source],
        capture_output=True, text=True, timeout=PATIENCE_S, env=environment(), check=False)
    *lines, used = done.stderr.splitlines(keepends=True)
    done.stderr = "".join(lines)
    taken, kib = used.split()
    return done, float(taken), int(kib)


def judge(tap, work, name, source):
    """An import within its time and memory."""
    done, taken, kib = measured(work, source)
    factor = SANITIZED if is_sanitized(work.program) else SLOWNESS
    slow = taken > ROW_S * factor or kib > ROW_KIB and factor == 1
    tap.ok(not slow, f"{name}: in time and memory", f"{taken:.1f} s, {kib} KiB")
    return done


def refused(tap, program, folder):
    """Nothing changes, and one line says why."""
    work = Workplace(program, os.path.join(folder, "refused"))
    done = work.bring(work.source("good.xml", blogger.legacy(SAFE)))
    tap.ok(done.returncode == 0 and counted(done, "posts") == 2, "a good export", told(done))
    before = work.stamps()
    for name, document in REFUSED.items():
        source = work.source(name, document())
        done = judge(tap, work, name, source)
        tap.ok(done.returncode == 65 and is_clear(done, name) and len(done.stderr) < 600,
               f"{name} is refused: 65", told(done)[:2000])
        tap.ok(work.stamps() == before, f"{name}: nothing changed", list(work.stamps()))
        before = work.stamps()  # one that failed is enough
        os.unlink(source)
    cut(tap, work, before)


def cut(tap, work, before):
    """An export that ends anywhere before its end."""
    for form, text in (("legacy", blogger.legacy(SAFE)), ("takeout", blogger.takeout(SAFE))):
        whole = text.rstrip("\n").encode()
        wrong = []
        for i in range(CUTS):
            at = len(whole) * i // CUTS if i else len(whole) - 1
            done = work.bring(work.source("cut.xml", whole[:at]))
            if done.returncode != 65 or not is_clear(done, "cut.xml") or work.stamps() != before:
                wrong.append(f"{at} bytes: {told(done)}")
        tap.ok(not wrong, f"{form}: cut at {CUTS} places, refused at each", "\n".join(wrong))


def accepted(tap, program, folder):
    """What can be kept is kept as harmless text."""
    for name, (document, check) in ACCEPTED.items():
        work = Workplace(program, os.path.join(folder, name))
        source = work.source("odd.xml", document())
        done = judge(tap, work, name, source)
        tap.ok(done.returncode in (0, 1) and counted(done, "posts") >= 2, f"{name} comes in",
               told(done)[:2000])
        faults = faults_of(work) + (check(work) if check else [])
        tap.ok(not faults, f"{name}: as harmless text", "\n".join(map(str, faults))[:4000])
        before = work.stamps()
        done = work.bring(source)
        tap.ok(done.returncode == 0 and work.stamps() == before, f"{name}: again, nothing changes",
               told(done)[:2000])
        shutil.rmtree(work.folder)


def many(tap, program, folder):
    """Thousands of entries in the memory of a few."""
    is_slow = is_sanitized(program) or SLOWNESS > 1
    count = 1000 if is_slow else MANY
    work = Workplace(program, os.path.join(folder, "many"))
    source = work.source("many.xml", blogger.legacy([
        Entry(i, f"Number {i}", "<p>" + "word " * 200 + "</p>",
              f"20{10 + i % 9}-0{i % 9 + 1}-0{i % 7 + 1}T10:00:00.000Z",
              path=f"/20{10 + i % 9}/0{i % 9 + 1}/number-{i}.html") for i in range(1, count + 1)]))
    done, taken, kib = measured(work, source)
    tap.ok(done.returncode == 0 and len(work.posts()) == count, f"{count} posts come in",
           told(done))
    tap.ok(kib < MANY_KIB or is_slow, f"in {kib >> 10} MiB and {taken:.1f} s")


def large(tap, program, folder):
    """Long posts, one after the other, in the memory of a few of them."""
    count = 20 if is_sanitized(program) else LARGE
    work = Workplace(program, os.path.join(folder, "large"))
    source = work.source("large.xml", blogger.legacy([
        Entry(i, f"Number {i}", "<p>" + "word " * LARGE_WORDS + "</p>",
              path=f"/2019/03/number-{i}.html") for i in range(1, count + 1)]))
    for name in ("long posts", "and again"):
        done, _, kib = measured(work, source)
        tap.ok(done.returncode == 0 and len(work.posts()) == count, f"{name} come in", told(done))
        tap.ok(kib < MANY_KIB or is_sanitized(program), f"{name}: in {kib >> 10} MiB")


def menus(tap, program, folder):
    """What came in cannot break out of a line of either protocol."""
    work = Workplace(program, os.path.join(folder, "menus"))
    done = work.bring(work.source("odd.xml", blogger.legacy(SAFE + [
        Entry(9, "One\ttwo\r\nthree\n=> x\t70\x7f", path="/2019/03/odd.html",
              labels=("a\tb\r\n1evil\t/\tevil.example\t70",),
              author="A\n1evil\t/\tevil.example\t70"),
        Entry(10, "x" * 5000, path="/2019/03/long.html"),
        blogger.comment(11, 9, "1evil\t/\tevil.example\t70", author="\t\n1evil\t/\tx\t70")])))
    tap.ok(done.returncode in (0, 1), "an export full of tabs and line ends", told(done))
    with Server(program, work.ini) as server:
        for selector in ("", "/", "/2019/", "/2019/03/", "/label/", "/archive/"):
            menu = gopher.get(server.gopher, selector)
            faults = gopher.menu_faults(menu)
            tap.ok(not faults and b"\tevil.example\t" not in menu, f"the menu of {selector!r}",
                   f"{faults}\n{menu!r}")
            page = gemini.get(server.gemini, selector or "/")
            tap.ok(page.status == 20 and not CONTROL.search(page.text),
                   f"the page of {selector!r}", repr(page))


def within(tap, program, folder):
    """No socket, no file outside: by what the kernel was asked for."""
    strace = shutil.which("strace")
    if not strace:
        tap.skip("system calls of an import", "strace is not here")
        return
    documents = {**REFUSED, **{name: document for name, (document, _) in ACCEPTED.items()}}
    for name in ("xml_xxe_file", "xml_xxe_parameter", "xml_doctype_system", "xml_xinclude",
                 "html_img_fetch", "slug_outside", "slug_reserved"):
        work = Workplace(program, os.path.join(folder, name))
        source = work.source("odd.xml", documents[name]())
        trace = os.path.join(work.folder, "trace")
        subprocess.run([strace, "-f", "-y", "-s", "4096", "-o", trace, "-e",
                        "trace=%network,%file", program, "import", "-c", work.ini, source],
                       capture_output=True, check=False, timeout=PATIENCE_S,
                       env={**environment(), "ASAN_OPTIONS": "detect_leaks=0"})
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = [line for line in file if "(" in line]
        tap.ok(len(calls) > 10, f"{name}: the calls are seen", "".join(calls))
        sockets = [line for line in calls if re.search(r"\b(socket|connect|sendto)\(", line)]
        tap.ok(not sockets, f"{name}: no socket", "".join(sockets))
        outside = [line for line in calls if is_outside(line, work.folder)]
        tap.ok(not outside, f"{name}: no file outside", "".join(outside))


def is_outside(line, folder):
    """Whether a call changes something outside the folder, or opens what documents pointed at."""
    if re.search(r'"/etc/(hostname|passwd|shadow|motd)"', line):
        return True
    if not CHANGES.search(line) or "/dev/null" in line:
        return False
    paths = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    places = re.findall(r"(?:AT_FDCWD|\d+)<([^>]*)>", line)
    absolute = [path for path in paths if path.startswith("/")]
    inside = all(path.startswith(folder) for path in absolute)
    anchored = len(absolute) == len(paths) or (places and all(
        place.startswith(folder) for place in places[:len(paths) - len(absolute)]))
    return not (inside and anchored)


def links_in_the_way(tap, program, folder):
    """Symbolic links in the capsule lead nowhere."""
    work = Workplace(program, os.path.join(folder, "links"))
    outside = os.path.join(work.folder, "outside.txt")
    capsule.write(outside, capsule.SENTINEL)
    os.makedirs(os.path.join(work.root, "2019/03"))
    os.symlink(outside, os.path.join(work.root, "2019/03/the-shelves.gmi"))
    done = work.bring(work.source("x.xml", blogger.legacy(SAFE)))
    kept = [path for path, text in work.posts().items() if "second step" in text]
    tap.ok(done.returncode in (0, 1) and len(kept) == 1
           and not os.path.islink(os.path.join(work.root, kept[0])),
           "a link in place of a post's file", f"{kept} {told(done)}")
    with open(outside, encoding="utf-8") as file:
        tap.ok(file.read() == capsule.SENTINEL, "what it points at is as it was")
    for name in ("2019", "2019/02", ".ledger.tsv", ".index.db", ".inspir.batch"):
        work = Workplace(program, os.path.join(folder, name.replace("/", "-")))
        away = os.path.join(work.folder, "away")
        os.makedirs(away)
        os.makedirs(os.path.dirname(os.path.join(work.root, name)), exist_ok=True)
        os.symlink(away, os.path.join(work.root, name))
        done = work.bring(work.source("x.xml", blogger.legacy(SAFE)))
        tap.ok(not os.listdir(away), f"{name} is a link to a folder: nothing goes there",
               f"{os.listdir(away)} {told(done)}")
        tap.ok(done.returncode in (0, 1) or is_clear(done),
               f"{name}: done, or refused with a clear line", told(done))


def rights(tap, program, folder):
    """A capsule that may not be written, and a source that may not be read."""
    work = Workplace(program, os.path.join(folder, "rights"))
    source = work.source("x.xml", blogger.legacy(SAFE))
    os.chmod(folder, 0o755)
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

    def bring():
        return subprocess.run([program, "import", "-c", work.ini, source], capture_output=True,
                              text=True, timeout=PATIENCE_S, env=environment(), check=False,
                              **as_nobody)
    try:
        subprocess.run([program, "version"], capture_output=True, check=True, **as_nobody)
    except (OSError, subprocess.CalledProcessError):
        tap.skip("an import without rights", "the program cannot be run as another user")
        return
    os.chmod(work.root, 0o555)
    done = bring()
    tap.ok(done.returncode == 73 and is_clear(done) and not os.listdir(work.root),
           "a capsule without the right to write: 73", told(done))
    os.chmod(work.root, 0o777)
    os.chmod(source, 0)
    done = bring()
    tap.ok(done.returncode == 65 and is_clear(done, "x.xml") and not os.listdir(work.root),
           "a source without the right to read: 65", told(done))
    os.chmod(source, 0o644)
    done = bring()
    tap.ok(done.returncode == 0, "and with both", told(done))
    os.chmod(os.path.join(work.root, "2019/03"), 0o555)
    before = work.stamps()
    source = work.source("y.xml", blogger.legacy([SAFE[1], blogger.dataclasses.replace(
        SAFE[0], body="<p>Another step.</p>", updated="2020-01-01T00:00:00.000Z")]))
    done = bring()
    if os.geteuid() == 0:
        os.chown(os.path.join(work.root, "2019/03"), 0, 0)
        done = bring()
    tap.ok(done.returncode == 73 and is_clear(done) and visible(work.stamps()) == visible(before),
           "a month that may not be written: 73, nothing changed", told(done))


def no_room(tap, program, folder):
    """Files that cannot grow, as on a full disk: 73 wherever it happens, and nothing changed."""
    work = Workplace(program, os.path.join(folder, "no room"))
    small = work.source("small.xml", blogger.legacy(SAFE))
    large = work.source("large.xml", blogger.legacy(
        [Entry(100 + i, f"Title {i}", "<p>" + "word " * 20000 + "</p>") for i in range(40)]))
    work.bring(small)
    before = work.stamps()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    for room, source in ((512 << 10, large), (64 << 10, large), (1 << 10, small)):
        done = subprocess.run([program, "import", "-c", work.ini, source, small], text=True,
                              capture_output=True, timeout=PATIENCE_S, env=environment(),
                              check=False, preexec_fn=limit)
        tap.ok(work.stamps() == before and (done.returncode == 0 if source == small else
                                            done.returncode == 73 and is_clear(done)),
               f"{room} bytes for {os.path.basename(source)}", told(done))


def visible(stamps):
    return {path: stamp for path, stamp in stamps.items() if not path.startswith(".")}


def two_at_once(tap, program, folder):
    """Two imports do not mix: one is told to wait, or comes after the other."""
    work = Workplace(program, os.path.join(folder, "twice"))
    sources = [work.source(f"{i}.xml", blogger.legacy([
        Entry(1000 + i * 1000 + j, f"Post {i} {j}", path=f"/2019/03/post-{i}-{j}.html")
        for j in range(200)])) for i in range(2)]
    began = [subprocess.Popen([program, "import", "-c", work.ini, source], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
             for source in sources]
    ended = [(child.communicate(timeout=PATIENCE_S), child.returncode) for child in began]
    good = sum(status == 0 for _, status in ended)
    tap.ok(all(status in (0, 75) for _, status in ended) and good >= 1, "each is done, or busy: 75",
           ended)
    tap.ok(len(work.posts()) == 200 * good, "all of one, or all of both", len(work.posts()))


def while_served(tap, program, folder):
    """Readers get the old or the new version, and always one of them."""
    work = Workplace(program, os.path.join(folder, "served"))
    versions = [blogger.legacy([blogger.dataclasses.replace(
        SAFE[0], body=f"<p>{word * 2000}</p>", updated=f"2020-01-0{i + 1}T00:00:00.000Z"),
        SAFE[1]]) for i, word in enumerate(["ebb ", "flow "] * 3)]
    sources = [work.source(f"{i}.xml", text) for i, text in enumerate(versions)]
    work.bring(sources[0])
    texts, answers, stop = set(), [], threading.Event()
    with Server(program, work.ini) as server:
        def ask():
            while not stop.is_set():
                answers.append(gopher.get(server.gopher, "/2019/03/the-shelves.gmi"))
        reader = threading.Thread(target=ask)
        texts.add(gopher.get(server.gopher, "/2019/03/the-shelves.gmi"))
        reader.start()
        try:
            for source in sources[1:]:
                done = work.bring(source)
                tap.ok(done.returncode == 0, f"{os.path.basename(source)} comes in", told(done))
                seen = len(answers)
                wait_until(lambda seen=seen: len(answers) > seen + 1, "an answer")
                texts.add(gopher.get(server.gopher, "/2019/03/the-shelves.gmi"))
        finally:
            stop.set()
            reader.join()
    odd = {answer for answer in answers if answer not in texts}
    tap.ok(len(texts) >= 2 and not odd, f"{len(answers)} answers are one version or another",
           "\n".join(repr(answer)[:300] for answer in odd))


if __name__ == "__main__":
    main(refused, accepted, many, large, menus, within, links_in_the_way, rights, no_room,
         two_at_once, while_served)

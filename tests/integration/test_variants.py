#!/usr/bin/env python3
"""Smaller forms of pictures: made at import where GraphicsMagick is there, and missed nowhere."""

import os
import shutil
import struct
import subprocess
import zlib

import blogger
import capsule
from importing import Workplace, told
from server import environment, main, run

SECRET = b"SENTINEL-INSIDE"  # in the metadata of a picture
BOMB_SIDE = 12000            # pixels: more than the program may decode
OUTPUTS = 'for a in "$@"; do case $a in jpeg:/dev/fd/*) %s >"${a#jpeg:}";; esac; done'
FAKE = """#!/bin/sh
echo "$@" >>"%s"
%s
"""


def chunk(name, content):
    return (struct.pack(">I", len(content)) + name + content
            + struct.pack(">I", zlib.crc32(name + content)))


def png(width, height, pixels, depth=8, color=2):
    """A picture of these rows, with a comment."""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth,
                                                              color, 0, 0, 0))
            + chunk(b"tEXt", b"Comment\0" + SECRET) + chunk(b"IDAT", zlib.compress(pixels, 9))
            + chunk(b"IEND", b""))


def photo(width, height):
    """Colours that change from point to point, like those of a photo."""
    rows = (b"\0" + bytes((x * x + y * 7 + c * 31 * (x ^ y)) // 97 & 255
                          for x in range(width) for c in range(3)) for y in range(height))
    return png(width, height, b"".join(rows))


def bomb():
    """Few bytes, many pixels."""
    row = b"\0" + bytes(BOMB_SIDE // 8)
    return png(BOMB_SIDE, BOMB_SIDE, row * BOMB_SIDE, depth=1, color=0)


def jpeg_size(content):
    """(width, height) of a JPEG, from its frame header."""
    at = 2
    while content[at] == 0xff and content[at + 1] not in (0xc0, 0xc1, 0xc2):
        at += 2 + struct.unpack(">H", content[at + 2:at + 4])[0]
    height, width = struct.unpack(">HH", content[at + 5:at + 9])
    return width, height


def bring(work, path=None):
    """An import with another PATH."""
    env = {**environment(), **({"PATH": path} if path else {})}
    return subprocess.run([work.program, "import", "-c", work.ini, work.export], env=env,
                          capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)


def place(program, folder, name):
    """A workplace with an export and pictures in the capsule."""
    work = Workplace(program, os.path.join(folder, name))
    work.export = work.source("export.xml", blogger.legacy(
        [blogger.Entry(1, "One", "<p>Text.</p>", path="/2019/03/one.html")]))
    for path, content in {
            "photo.png": photo(1000, 700), "narrow.png": photo(200, 150), "tiny.png": capsule.PNG,
            "broken.jpg": b"\xff\xd8\xff\xe0 nothing more", "lying.gif": photo(30, 30),
            "bomb.png": bomb(), "mine.png": photo(400, 300), "mine.png.320.jpg": b"by hand",
            "drawing.svg": b"<svg/>", "old.png": photo(500, 400)}.items():
        capsule.write(os.path.join(work.root, "media", path), content)
    return work


def media(work):
    return {path.removeprefix("media/"): content for path, content in work.tree().items()
            if path.startswith("media/")}


def with_program(tap, program, folder):
    """What GraphicsMagick makes of good pictures and bad ones."""
    if not shutil.which("gm"):
        tap.skip("smaller pictures", "there is no gm")
        return
    work = place(program, folder, "made")
    before = media(work)
    done = bring(work)
    after = media(work)
    made = set(after) - set(before)
    tap.ok(done.returncode == 0, "the import is done", told(done))
    tap.ok(made == {"photo.png.320.jpg", "photo.png.800.jpg", "narrow.png.320.jpg",
                    "mine.png.800.jpg", "old.png.320.jpg", "old.png.800.jpg"},
           "each picture gets what it needs", f"{made} {told(done)}")
    tap.ok(all(after[path] == before[path] for path in before), "what was there stays")
    sizes = {path: jpeg_size(after[path]) for path in sorted(made)}
    tap.ok(sizes == {"photo.png.320.jpg": (320, 224), "photo.png.800.jpg": (800, 560),
                     "narrow.png.320.jpg": (200, 150), "mine.png.800.jpg": (400, 300),
                     "old.png.320.jpg": (320, 256), "old.png.800.jpg": (500, 400)},
           "none has more pixels than the picture", sizes)
    for path in made:
        original = path.rsplit(".", 2)[0]
        tap.ok(len(after[path]) < len(after[original]), f"{path} costs less than {original}")
        tap.ok(SECRET not in after[path], f"{path} has no metadata")
    again(tap, work)


def again(tap, work):
    """Nothing is made twice, unless the picture is another one."""
    before = work.stamps()
    done = bring(work)
    tap.ok(work.stamps() == before and "smaller" not in done.stdout and not done.stderr,
           "a second import makes nothing", told(done))
    os.unlink(os.path.join(work.root, "media/photo.png.320.jpg"))
    capsule.write(os.path.join(work.root, "media/old.png"), photo(600, 400))
    capsule.write(os.path.join(work.root, "media/narrow.png"), photo(210, 150))
    capsule.write(os.path.join(work.root, "media/narrow.png.320.jpg"), b"by hand")
    done = bring(work)
    after = media(work)
    tap.ok("photo.png.320.jpg" not in after, "what the operator removed stays away", told(done))
    tap.ok(jpeg_size(after["old.png.800.jpg"]) == (600, 400), "another picture, another variant")
    tap.ok(after["narrow.png.320.jpg"] == b"by hand", "but not in place of one made by hand")


def without_program(tap, program, folder):
    """Everything else works, and the import says so once."""
    work = place(program, folder, "lacking")
    before = set(media(work))
    empty = os.path.join(folder, "empty")
    os.makedirs(empty, exist_ok=True)
    done = bring(work, empty)
    tap.ok(done.returncode == 0 and "2019/03/one.gmi" in work.posts(), "posts are imported",
           told(done))
    tap.ok(set(media(work)) == before, "no picture is made")
    tap.ok(done.stderr.count("graphicsmagick is not installed") == 1, "it says why, once",
           told(done))
    done = bring(work, empty)
    tap.ok(done.returncode == 0 and not done.stderr, "and not again", told(done))


def bad_program(tap, program, folder):
    """A decoder that a picture has got the better of."""
    for what, does in {
            "fails": "exit 1", "dies": "kill -SEGV $$", "says nothing": "exit 0",
            "writes without end": OUTPUTS % "/bin/cat /dev/zero", "writes no picture":
            OUTPUTS % "echo no"}.items():
        name = what.replace(" ", "-")
        work = place(program, folder, name)
        for path in ("bomb.png", "broken.jpg", "lying.gif", "mine.png", "old.png"):
            os.unlink(os.path.join(work.root, "media", path))
        tools = os.path.join(folder, name, "tools")
        log = os.path.join(folder, name, "log")
        capsule.write(os.path.join(tools, "gm"), FAKE % (log, does))
        os.chmod(os.path.join(tools, "gm"), 0o755)
        before = set(media(work))
        done = bring(work, tools)
        tap.ok(done.returncode == 0 and set(media(work)) == before,
               f"a program that {what} makes nothing", told(done))
        tap.ok("unreadable 3" in done.stdout, "which is said", told(done))
        with open(log, encoding="utf-8") as file:
            calls = file.read().splitlines()
        tap.ok(len(calls) == 3 and all("-limit Pixels" in call for call in calls),
               "it is called for each picture", calls)
        bring(work, tools)
        with open(log, encoding="utf-8") as file:
            tap.ok(len(file.read().splitlines()) == 3, "and once only")


def light(tap, program, folder):
    """inspir check finds what a light page leads to."""
    work = place(program, folder, "checked")
    capsule.write(os.path.join(work.root, "page.gmi"),
                  "# Page\n\n=> /light/page.gmi Light\n=> /media/mine.png.320.jpg Small\n")
    bring(work)
    done = run(program, "check", "-c", work.ini)
    tap.ok("leads to nothing" not in told(done), "light pages are no dead links", told(done))


if __name__ == "__main__":
    main(with_program, without_program, bad_program, light)

"""The capsules that the tests serve: posts of several years, labels and languages, and files that
no reader must see."""

import os
import socket

SENTINEL = "SENTINEL-OUTSIDE"  # stands in every file outside the root
PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU"
       b"\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82")
BIG = 1 << 20  # bytes of big.txt


class Post:
    """One post and the file that holds it."""

    def __init__(self, path, title, published, labels=(), body="One line of text.", fields=""):
        self.path = path
        self.title = title
        self.date = published[:10]
        self.labels = labels
        self.text = "\n".join([f"# {title or self.date}", published + fields, "", body, ""])
        if labels:
            self.text += "\n" + "".join(f"=> /label/{slug}/ {name}\n" for slug, name in labels)

    @property
    def size(self):
        return len(self.text.encode())


CARE = ("health-care", "health care")
WORK = ("work", "Work")
FLOOD = ("floods-rain", "Floods & rain")
BANGLA = ("%E0%A6%A8%E0%A6%A6%E0%A7%80", "নদী")

# Newest first, as every page lists them.
POSTS = [
    Post("/2018/03/last.gmi", "The clinic is open again", "2018-03-02", [CARE],
         "The roof is whole and the queue is short.", " · by Amina"),
    Post("/2018/01/pay.gmi", "A first pay slip", "2018-01-31 09:30 +0545", [WORK, CARE],
         "She keeps it in a tin.\n\n> Nobody had ever written my name on paper."),
    Post("/2017/12/river.gmi", "নদীর ধারে", "2017-12-24", [BANGLA],
         "নদীর ধারে একটি স্কুল আছে।", " · bn"),
    Post("/2017/11/regen.gmi", "Regen op het dak", "2017-11-20", [FLOOD],
         "Het regent al drie dagen, en de straat is een rivier geworden.", " · nl"),
    Post("/2017/11/dijk.gmi", "De dijk houdt het", "2017-11-19", [FLOOD, WORK],
         "De dijk is gebouwd door de mensen van het dorp zelf.", " · nl"),
    Post("/2017/11/boats.gmi", "Boats for the school", "2017-11-18", [FLOOD],
         "Two boats carry forty pupils.\n\n=> /2017/11/regen.gmi The rain before it\n"
         "=> https://example.org/boats?a=1&b=2 Plans of the boats\n\n---"),
    Post("/2017/11/pump.gmi", "The pump: how it works", "2017-11-02", [FLOOD, CARE],
         "## Parts\n\n* a wheel\n* a rope\n\n```drawing of the wheel\n (o)\n```"),
    Post("/2016/02/leap.gmi", "", "2016-02-29", [], "A post without a title."),
    Post("/2016/02/wages.gmi", "Wages, a table", "2016-02-28", [WORK], "word " * 600),
    Post("/2015/07/first.gmi", "The first post <1> & \"more\"", "2015-07-01", [WORK, CARE],
         "Hello.\n.\n..two dots\nA very long line " + "of many words " * 30, " · en"),
]

INDEX = "# The hand-written home\n\nText of our own, and a link.\n\n=> dir/file.gmi A file\n"
HOME = INDEX.replace("A file", "A file (26 B)")  # what readers get of it

FILES = {
    "about.gmi": "# About\n\nWho we are.\n",
    "dir/index.gmi": "# A folder\n\n=> file.gmi The file in it\n",
    "dir/file.gmi": "# A file\n\nIt says little.\n",
    "a b.gmi": "# With a space\n",
    "été.gmi": "# Summer\n",
    "100%.gmi": "# All of it\n",
    "q?.gmi": "# A question\n",
    "empty.gmi": "",
    "dot.txt": ".\n..x\nplain\n",
    "big.txt": "0123456789abcde\n" * (BIG // 16),
    ".hidden": SENTINEL,
    ".git/config": SENTINEL,
    "dir/.hidden": SENTINEL,
}

LINKS = {
    "link-out": "../outside.txt",
    "link-abs": "/etc/passwd",
    "link-dir-out": "..",
    "link-dangling": "nowhere",
    "loop": "loop",
    "link-proc": "/proc/self/environ",
}

OUTSIDE = ["outside.txt", "capsule-private/secret.txt", "key.pem"]


def write(path, content):
    """A file and the folders that lead to it; text or bytes."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_posts(root, posts=None):
    for post in POSTS if posts is None else posts:
        write(root + post.path, post.text)


def build(folder, index=True):
    """The whole fixture below folder; returns the root of the capsule."""
    root = os.path.join(folder, "capsule")
    write_posts(root)
    for name, content in FILES.items():
        write(os.path.join(root, name), content)
    write(os.path.join(root, "img.png"), PNG)
    if index:
        write(os.path.join(root, "index.gmi"), INDEX)
    for name, target in LINKS.items():
        os.symlink(target, os.path.join(root, name))
    os.mkfifo(os.path.join(root, "fifo"))
    here = os.open(root, os.O_RDONLY)  # a socket's address is short: bind it by way of the folder
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/sock")
    os.close(here)
    for name in OUTSIDE:
        write(os.path.join(folder, name), SENTINEL + "\n")
    return root

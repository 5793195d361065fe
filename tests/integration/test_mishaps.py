#!/usr/bin/env python3
"""What befalls a server that runs for years: the clock is set, the disk of its log is full, its
capsule is moved away or emptied. It goes on, and what comes back is served again."""

import ctypes
import functools
import mmap
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import capsule
import gemini
import gopher
from load import Load
from server import PATIENCE_S, Server, main, preload, wait_until, write_ini

CLIENTS = 4
DAY_S = 24 * 3600
YEAR_S = 365 * DAY_S
JUMPS = {"a day on": DAY_S, "two days back": -DAY_S, "20 years on": 20 * YEAR_S,
         "50 years back": -30 * YEAR_S, "to 1970": 60 - int(time.time()), "to now": 0}
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (inspir: .+|"
                      r"(gemini|gopher) \d\d \d+ (-|[0-9a-f]{12}) \S+)\n")
DISK = 64 << 10  # bytes of the one that is full soon


class Clock:
    """The time of day that a server sees."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "offset")
        with open(self.path, "wb") as file:
            file.write(bytes(8))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    def jump(self, seconds):
        """To so many seconds after the machine's time."""
        self.map[:] = struct.pack("q", seconds)


def clock_jumps(tap, program, folder):
    library = preload(program, folder, "clock")
    if not library:
        tap.skip("clock jumps", "no compiler, or a sanitizer that wants to be loaded first")
        return
    capsule.build(folder)
    clock = Clock(folder)
    surroundings = {"LD_PRELOAD": library, "CLOCK_OFFSET": clock.path}
    access = os.path.join(folder, "access.log")
    ini = write_ini(folder, {"server": {"log": "access.log", "log_address": "hash"},
                             "limits": {"request_s": "3600"}})
    with Server(program, ini, surroundings=surroundings) as server, Load(server, CLIENTS) as load:
        before = server.workers()
        for name, seconds in JUMPS.items():
            with gemini.Conversation(server.gemini) as waiting:
                waiting.send(b"gemini://localhost/")
                clock.jump(seconds)
                year = time.gmtime(time.time() + seconds).tm_year
                wait_until(functools.partial(is_dated, access, year), "the log to follow")
                waiting.send(b"about.gmi\r\n")
                answer = waiting.answer()
            tap.ok(answer.status == 20, f"the clock is set {name}: who was asking is answered",
                   answer)
        tap.ok(server.workers() == before, "no worker ended")
    tap.ok(not load.failures, "no request is lost", load.told())
    with open(access, encoding="ascii") as file:
        bad = [line for line in file if not LOG_LINE.fullmatch(line)]
    tap.ok(not bad, "every line of the log is well made", "".join(bad[:5]))


def is_dated(path, year):
    with open(path, encoding="ascii") as file:
        return "".join(file.read().splitlines()[-1:]).startswith(f"{year}-")


def clock_and_deadlines(tap, program, folder):
    """What is measured in seconds is none of the clock's business."""
    library = preload(program, folder, "clock")
    if not library:
        tap.skip("clock jumps and deadlines", "as above")
        return
    capsule.build(folder)
    clock = Clock(folder)
    surroundings = {"LD_PRELOAD": library, "CLOCK_OFFSET": clock.path}
    ini = write_ini(folder, {"limits": {"handshake_s": "1", "request_s": "1"}})
    with Server(program, ini, surroundings=surroundings) as server:
        with gemini.Conversation(server.gemini) as silent:
            clock.jump(-DAY_S)
            answer = silent.answer()
        tap.ok(answer.ending != "timeout", "a deadline holds when the clock is set back", answer)
    clock.jump(60 - int(time.time()))
    with Server(program, ini, surroundings=surroundings) as server:
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20,
               "a machine that does not know the year serves")


def answers(server):
    return (gemini.get(server.gemini, "/about.gmi").status == 20
            and gopher.is_menu(gopher.get(server.gopher, "/")))


def lives(server):
    """It answers, replaces a worker and reloads."""
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(server.workers()) - set(before)) == 1, "another worker")
    if not answers(server):
        return False
    before = server.workers()
    server.signal(signal.SIGHUP)
    wait_until(lambda: server.workers() and not set(server.workers()) & set(before), "a reload")
    return answers(server)


def log_that_takes_nothing(tap, program, folder):
    capsule.build(folder)
    ini = write_ini(folder, {"server": {"log": "/dev/full"}})
    with Server(program, ini) as server:
        tap.ok(answers(server) and lives(server), "serves with a log that can hold nothing")


def own_mounts():
    """In the process to be: what it mounts is there for nobody else. Returns the C library."""
    libc = ctypes.CDLL(None, use_errno=True)
    namespaces = [0x00020000, 0x10020000]  # CLONE_NEWNS, and with CLONE_NEWUSER
    if libc.unshare(namespaces[os.geteuid() != 0]) != 0:
        raise OSError("cannot unshare")
    private = 0x44000  # MS_REC | MS_PRIVATE
    libc.mount(None, b"/", None, private, None)
    return libc


def mount_disk(libc, place):
    if libc.mount(b"none", place.encode(), b"tmpfs", 0, f"size={DISK}".encode()) != 0:
        raise OSError("cannot mount")


def own_disk(place):
    """In the process to be: a small disk of its own at that place."""
    mount_disk(own_mounts(), place)


def own_syslog(place):
    """In the process to be: /dev/log is the socket at that place, which may be in /dev/shm."""
    libc = own_mounts()
    shared = os.open("/dev/shm", os.O_RDONLY)
    mount_disk(libc, "/dev")
    os.mkdir("/dev/shm")
    bind = 0x1000  # MS_BIND
    libc.mount(f"/proc/self/fd/{shared}".encode(), b"/dev/shm", None, bind, None)
    os.close(shared)
    os.symlink(place, "/dev/log")


def syslog(tap, program, folder):
    """Whatever generation serves, its workers are heard: they cannot connect anew."""
    capsule.build(folder)
    ini = write_ini(folder, {"server": {"log": "syslog"}})
    place = os.path.join(folder, "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sink:
        sink.bind(place)
        sink.settimeout(PATIENCE_S)
        try:
            server = Server(program, ini, preexec_fn=functools.partial(own_syslog, place))
        except subprocess.SubprocessError:
            tap.skip("syslog", "no syslog of its own for a process here")
            return
        with server:
            tap.ok(is_heard(server, sink), "a request is told to syslog")
            former = server.workers()
            server.signal(signal.SIGHUP)
            await_line(sink, b"reloaded")
            wait_until(lambda: not set(server.workers()) & set(former), "the former to end")
            tap.ok(is_heard(server, sink), "and after a reload")
            os.rename(ini, ini + ".away")
            server.signal(signal.SIGHUP)
            await_line(sink, b"reload failed")
            tap.ok(is_heard(server, sink), "and after one that failed")


def await_line(sink, words):
    while words not in sink.recv(4096):
        pass


def is_heard(server, sink):
    gemini.get(server.gemini, "/about.gmi")
    try:
        await_line(sink, b"gemini 20 ")
    except TimeoutError:
        return False
    return True


def full_disk(tap, program, folder):
    """The log is full for a while, then somebody makes room."""
    capsule.build(folder)
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    ini = write_ini(folder, {"server": {"log": "disk/access.log"}})
    try:
        server = Server(program, ini, preexec_fn=functools.partial(own_disk, disk))
    except subprocess.SubprocessError:
        tap.skip("a full disk", "no disk of its own for a process here")
        return
    with server:
        inside = f"/proc/{server.process.pid}/root{disk}"
        log = os.path.join(inside, "access.log")
        fill(os.path.join(inside, "ballast"))
        sizes = [0, 1]
        while sizes[-1] != sizes[-2] and answers(server):
            sizes.append(os.path.getsize(log))
        tap.ok(lives(server) and os.path.getsize(log) == sizes[-1],
               "serves on while the disk of its log is full", sizes)
        os.unlink(os.path.join(inside, "ballast"))
        wait_until(lambda: answers(server) and os.path.getsize(log) > sizes[-1],
                   "the log to go on")
        with open(log, encoding="ascii") as file:
            torn = [line for line in file if not LOG_LINE.fullmatch(line)]
        tap.ok(len(torn) <= 1 and len(re.findall(r"\dT\d", "".join(torn))) <= 1,
               "then no line begins behind the one that was torn", "".join(torn))


def fill(path):
    """Takes all the room that is left on a disk."""
    with open(path, "wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(mmap.PAGESIZE)) > 0:
                pass
        except OSError:
            pass


def capsule_goes(tap, program, folder):
    """The folder is moved away, or emptied, and comes back."""
    root = capsule.build(folder)
    ini = write_ini(folder, {"blog": {"index": "index.db"}})
    away = root + ".away"
    with Server(program, ini) as server:
        before = server.workers()
        os.rename(root, away)
        tap.ok(answers(server), "a capsule that was renamed is served as before")
        server.signal(signal.SIGHUP)
        words = wait_until(lambda: [line for line in server.complaints().splitlines()
                                    if "reload failed" in line], "word of the capsule")
        tap.ok("capsule" in words[0] and server.workers() == before and answers(server),
               "a reload without it says so, and changes nothing", words)
        os.mkdir(root)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "inspir: reloaded" in server.complaints(), "the reload")
        wait_until(lambda: not set(server.workers()) & set(before), "the former worker to end")
        home = gemini.get(server.gemini, "/")
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 51 and home.status == 20
               and not home.faults(), "a capsule with nothing in it has a home page", home)
        os.rmdir(root)
        os.rename(away, root)
        server.signal(signal.SIGHUP)
        wait_until(lambda: gemini.get(server.gemini, "/about.gmi").status == 20, "the capsule")
        tap.ok(answers(server), "a capsule that comes back is served")
        judge_emptied(tap, server, root)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def judge_emptied(tap, server, root):
    """Files are gone although the index knows them: not found is the answer, on both protocols."""
    with gemini.Conversation(server.gemini) as conversation:
        conversation.send(b"gemini://localhost/big.txt\r\n")
        conversation.read_record()
        for name in os.listdir(root):
            remove(os.path.join(root, name))
        rest = conversation.answer()
    tap.ok(len(rest.raw) > capsule.BIG // 2 and rest.ending == "close_notify",
           "a reply under way ends well when the capsule is emptied", rest)
    paths = ["/about.gmi", "/big.txt", *(post.path for post in capsule.POSTS)]
    told = {path: gemini.get(server.gemini, path).status for path in paths}
    tap.ok(set(told.values()) == {51}, "what is gone is not found", told)
    pages = [gemini.get(server.gemini, path) for path in ("/", "/label/", "/archive/", "/2017/")]
    tap.ok(all(not page.faults() and page.status in (20, 51) for page in pages) and
           gopher.is_error(gopher.get(server.gopher, "/2016/02/wages.txt")),
           "no answer is worse than that", pages)


if __name__ == "__main__":
    main(clock_jumps, clock_and_deadlines, log_that_takes_nothing, full_disk, syslog, capsule_goes)

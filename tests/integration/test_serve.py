#!/usr/bin/env python3
"""The life of a server: start, reload, loss of a worker, end; what it writes; what it refuses."""

import ctypes
import functools
import os
import re
import resource
import signal
import subprocess
import threading

import capsule
import gemini
import gopher
from capsule import Post
from server import PATIENCE_S, Server, is_alive, main, run, wait_until, write_ini
from tap import environment

NEW = Post("/2019/05/new.gmi", "Written by hand", "2019-05-01", [("fresh", "fresh")])
LISTENERS = 4
PROCESSES = 3  # a supervisor, a worker, a keyring


def add_post(folder, post=NEW):
    capsule.write_posts(os.path.join(folder, "capsule"), [post])


def listens(server, pid=None):
    """How many sockets of the server, or of one of its processes, listen."""
    listening = set()
    for family in ("tcp", "tcp6"):
        with open(f"/proc/net/{family}", encoding="ascii") as file:
            listening |= {row.split()[9] for row in list(file)[1:] if row.split()[3] == "0A"}
    place = f"/proc/{pid or server.process.pid}/fd"
    targets = [os.readlink(os.path.join(place, name)) for name in os.listdir(place)]
    return sum(target[len("socket:["):-1] in listening for target in targets)


def start_and_end(tap, program, folder):
    capsule.build(folder)
    ini = write_ini(folder, {"server": {"workers": "2"}})
    for number in (signal.SIGTERM, signal.SIGINT):
        with Server(program, ini) as server:
            families = [len(server.addresses[name]) for name in ("gemini", "gopher")]
            tap.ok(families == [2, 2], "a ready line for each listener", server.addresses)
            tap.ok(listens(server) == LISTENERS, "no other port is open")
            tap.ok(len(server.workers()) == 2, "as many workers as asked for", server.workers())
            workers = server.workers()
            with gemini.Conversation(server.gemini) as conversation:
                conversation.send(b"gemini://localhost/big.txt\r\n")
                conversation.read_record()
                server.signal(number)
                wait_until(lambda: refuses(server.gemini), "the port to close")
                rest = conversation.answer()
            tap.ok(len(rest.raw) > capsule.BIG // 2 and rest.ending == "close_notify",
                   f"{number.name}: a reply under way is completed", rest)
            faults = server.stop()
            tap.ok(not faults, f"{number.name}: ends with 0", faults)
            left = [pid for pid in workers if os.path.exists(f"/proc/{pid}")]
            tap.ok(not left, f"{number.name}: no worker is left", left)


def lose_ipv6():
    """In a network of its own whose loopback is down a process has no IPv6 address, but IPv4's."""
    namespaces = 0x10000000 | 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
    if ctypes.CDLL(None).unshare(namespaces) != 0:
        raise OSError("cannot unshare")


def refuses(address):
    try:
        gemini.connect(address).close()
    except ConnectionError:
        return True
    return False


def await_page(server, path, words):
    """The page that a reload brings; a worker that ends may still answer as before for a moment."""
    def look():
        answer = gemini.get(server.gemini, path)
        return answer if words in answer.text else None
    return wait_until(look, f"{words} on {path}")


def await_reload(server, number):
    """The word of the supervisor that so many reloads are done, and the end of the former worker,
    which may have taken a last connection."""
    wait_until(lambda: server.complaints().count("inspir: reloaded\n") >= number,
               f"reload {number}")
    wait_until(lambda: len(server.workers()) == 1, "the former worker to end")


def reload(tap, program, folder):
    capsule.build(folder, index=False)
    ini = write_ini(folder)
    with Server(program, ini) as server:
        stop, failures = threading.Event(), []

        def keep_asking():
            while not stop.is_set():
                answer = gemini.get(server.gemini, "/about.gmi")
                if answer.status != 20 or answer.faults():
                    failures.append(f"{answer!r} {answer.faults()}")

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            reload_in_turn(tap, program, folder, server)
        finally:
            stop.set()
            asking.join()
        tap.ok(not failures, "no request is lost meanwhile", "\n".join(failures[:5]))


def reload_in_turn(tap, program, folder, server):
    ini = os.path.join(folder, "inspir.ini")
    add_post(folder)
    server.signal(signal.SIGHUP)
    answer = await_page(server, "/", NEW.title)
    tap.ok(answer.status == 20, "SIGHUP: a post written by hand is there", answer.text)
    answer = await_page(server, "/label/fresh/", NEW.title)
    tap.ok(answer.status == 20, "SIGHUP: its label, too", answer)
    write_ini(folder, {"blog": {"titel": "x"}})
    server.signal(signal.SIGHUP)
    wait_until(lambda: re.search(r"inspir\.ini:\d+: .*titel", server.complaints()),
               "word of the bad configuration")
    answer = gemini.get(server.gemini, "/")
    tap.ok(answer.text.startswith("# Test capsule\n"), "a bad configuration changes nothing",
           answer)
    write_ini(folder, {"blog": {"title": "Another title"}})
    server.signal(signal.SIGHUP)
    answer = await_page(server, "/", "Another title")
    tap.ok(answer.text.startswith("# Another title\n"), "SIGHUP: the new configuration serves",
           answer.text)
    add_post(folder, Post("/2019/06/newer.gmi", "The newest of all", "2019-06-01"))
    done = run(program, "index", "-c", ini)
    answer = await_page(server, "/", "The newest of all")
    tap.ok(done.returncode == 0 and answer.status == 20, "a new index is noticed without a signal",
           f"{done.stderr}\n{answer.text}")


def reload_of_parts(tap, program, folder):
    """What else a reload takes anew: certificate, log, listeners."""
    capsule.build(folder)
    log_to_file = {"server": {"log": "access.log"}}
    ini, access = write_ini(folder, log_to_file), os.path.join(folder, "access.log")
    with Server(program, ini) as server:
        first, second = (address for address in server.addresses["gemini"])
        certificate = os.path.join(folder, "certs/cert.pem")
        good = bytes_of(certificate)
        capsule.write(certificate, "junk\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: b"reload failed" in bytes_of(access), "word of the bad certificate")
        tap.ok(gemini.get(first, "/").status == 20, "a bad certificate changes nothing")
        capsule.write(certificate, good)
        os.rename(access, access + ".1")
        server.signal(signal.SIGHUP)
        wait_until(lambda: os.path.exists(access) and b"reloaded" in bytes_of(access), "a new log")
        line = re.compile(rb"Z gemini 20 \d+ - /about.gmi\n")
        wait_until(lambda: gemini.get(first, "/about.gmi") and line.search(bytes_of(access)),
                   "a request in the new log")
        tap.ok(b"reload failed" not in bytes_of(access), "a log that was moved away is begun anew")
        write_ini(folder, {**log_to_file, "gemini": {"listen": "127.0.0.1:0"}})
        server.signal(signal.SIGHUP)
        wait_until(lambda: refuses(second), "the second listener to close")
        tap.ok(gemini.get(first, "/").status == 20, "a listener that stays keeps its port")


def index(tap, program, folder):
    """The index is a cache: lost, foreign or old, it is made anew."""
    root = capsule.build(folder, index=False)
    ini = write_ini(folder)
    path = os.path.join(root, ".index.db")
    with Server(program, ini) as server:
        before = gemini.get(server.gemini, "/").raw
    made = os.stat(path)
    with Server(program, ini) as server:
        now = os.stat(path)
        tap.ok((made.st_ino, made.st_mtime_ns) == (now.st_ino, now.st_mtime_ns),
               "an index that is current stays")
    for what, content in [("deleted", None), ("empty", b""), ("foreign", b"not a database\n" * 200),
                          ("cut", bytes_of(path)[:5000])]:
        os.unlink(path)
        if content is not None:
            capsule.write(path, content)
        with Server(program, ini) as server:
            answer = gemini.get(server.gemini, "/")
            tap.ok(answer.raw == before, f"an index that is {what} is made anew", answer.text)
    add_post(folder)
    with Server(program, ini) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(NEW.title in answer.text, "a post written meanwhile is there at the next start",
               answer.text)
    os.unlink(root + NEW.path)
    with Server(program, ini) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.raw == before, "and gone when its file is gone", answer.text)
    elsewhere = write_ini(folder, {"blog": {"index": "cache.db"}})
    os.unlink(path)
    with Server(program, elsewhere) as server:
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.raw == before and not os.path.exists(path), "[blog] index puts it elsewhere",
               answer.text)


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def lost_worker(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        after = wait_until(lambda: [pid for pid in server.workers() if pid not in before],
                           "another worker")
        answer = gemini.get(server.gemini, "/")
        tap.ok(len(after) == 1 and answer.status == 20, "a killed worker comes back", answer)
        words = [line for line in server.complaints().splitlines() if "signal 9" in line]
        tap.ok(len(words) == 1, "its end is in the log", server.complaints())
    server = Server(program, write_ini(folder))
    left = server.workers()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in left), "the workers to end")
    tap.ok(refuses(server.gemini), "without its supervisor no worker goes on")
    server.reader.join()
    server.process.stdout.close()


def lost_meanwhile(tap, program, folder):
    """A reload may take its time, such as here for a certificate that does not come."""
    capsule.build(folder)
    certificate = os.path.join(folder, "certs/cert.pem")
    with Server(program, write_ini(folder)) as server:
        os.unlink(certificate)
        os.mkfifo(certificate)
        server.signal(signal.SIGHUP)
        [pipe] = wait_until(lambda: open_for_reader(certificate), "the reload")
        before = {*server.workers(), *server.keyrings()}
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: server.workers() and server.keyrings() and
                   not before & {*server.workers(), *server.keyrings()}, "others in their places")
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.status == 20 and "reload" not in server.complaints(),
               "who dies during a reload is replaced", answer)
        os.close(pipe)
        wait_until(lambda: "reload failed" in server.complaints(), "the end of the reload")
        after = [*server.workers(), *server.keyrings()]
        tap.ok(gemini.get(server.gemini, "/").status == 20 and
               after == [*server.workers(), *server.keyrings()], "and serves after it", after)


def open_for_reader(pipe):
    """[a descriptor to write to], None as long as nobody reads there."""
    try:
        return [os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)]
    except OSError:
        return None


def listeners(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        taken = "{}:{}".format(*server.gemini)
        ini = write_ini(folder, {"gemini": {"listen": taken}}, "second.ini")
        done = run(program, "serve", "-c", ini)
        lines = done.stderr.splitlines()
        tap.ok(done.returncode not in (0, 78) and len(lines) == 1 and taken in lines[0] and
               lines[0].startswith("inspir: ") and not done.stdout,
               "a port in use is one clear line", f"{done.returncode} {done.stderr} {done.stdout}")
    absent = "[2001:db8::1]:0"  # documentation prefix: no machine has it
    ini = write_ini(folder, {"gemini": {"listen": f"127.0.0.1:0, {absent}"}})
    done = run(program, "serve", "-c", ini)
    lines = done.stderr.splitlines()
    tap.ok(done.returncode not in (0, 78) and len(lines) == 1 and "2001:db8::1" in lines[0],
           "an address that is not ours is one clear line", f"{done.returncode} {done.stderr}")


def index_that_cannot_be(tap, program, folder):
    capsule.build(folder)
    os.mkdir(os.path.join(folder, "folder.db"))
    for name in ("nowhere/index.db", "folder.db"):
        done = run(program, "serve", "-c", write_ini(folder, {"blog": {"index": name}}))
        lines = done.stderr.splitlines()
        tap.ok(done.returncode == 73 and len(lines) == 1 and name in lines[0] and not done.stdout,
               f"no index can be at {name}: 73", f"{done.returncode} {done.stderr}")


def without_a_family(tap, program, folder):
    capsule.build(folder)
    name = "a family that the machine lacks"
    try:
        run("true", preexec_fn=lose_ipv6)
    except subprocess.SubprocessError:
        tap.skip(name, "no network of its own for a process here")
        return
    with Server(program, write_ini(folder), listeners=2, preexec_fn=lose_ipv6) as server:
        words = [line for line in server.complaints().splitlines() if "[::1]:0" in line]
        tap.ok(len(server.addresses["gemini"]) == 1 and len(words) == 2,
               f"{name} is one warning for each protocol", server.complaints())
    only = {"gemini": {"listen": "[::1]:0"}}
    done = run(program, "serve", "-c", write_ini(folder, only), preexec_fn=lose_ipv6)
    tap.ok(done.returncode not in (0, 78) and "[::1]:0" in done.stderr,
           "no address at all is a failure", f"{done.returncode} {done.stderr}")


def moved_listeners(tap, program, folder):
    """A port that the configuration gives up is free, although its reader was a former worker."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        port = server.gopher
        write_ini(folder, {"gopher": {"enabled": "no"}})
        server.signal(signal.SIGHUP)
        await_reload(server, 1)
        tap.ok(refuses(port), "the old port is closed")
        tap.ok(listens(server, server.workers()[0]) == LISTENERS - 2,
               "a new worker has only the ports of its configuration")
        write_ini(folder, {"gopher": {"listen": "{}:{}".format(*port)}})
        server.signal(signal.SIGHUP)
        await_reload(server, 2)
        tap.ok(gopher.is_menu(gopher.get(port, "/")), "the old port can be taken again")
        before = wait_until(lambda: one_generation(descriptors(server)), "the former one to end")
        for number in (3, 4, 5):
            server.signal(signal.SIGHUP)
            await_reload(server, number)
        settled = wait_until(lambda: is_as_few(descriptors(server), before),
                             f"as few descriptors as before: {before}, {descriptors(server)}")
        tap.ok(settled, "reloads leave no descriptor behind")


def same_address_twice(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder, {"gopher": {"listen": "127.0.0.1:0, 127.0.0.1:0"}})) \
            as server:
        server.signal(signal.SIGHUP)
        await_reload(server, 1)
        tap.ok(listens(server) == LISTENERS and
               all(gopher.is_menu(gopher.get(port, "/")) for port in server.addresses["gopher"]),
               "two listeners that asked for port 0 both stay", server.addresses)


def descriptors(server):
    """Open files of the supervisor, of its only worker and of the keyring. A worker that has just
    begun may still have the pipe on which it said so."""
    pids = (server.process.pid, *server.workers(), *server.keyrings())
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in pids]


def one_generation(counts):
    """The counts when there is one worker and one keyring, else nothing."""
    return counts if len(counts) == PROCESSES else []


def is_as_few(counts, former):
    return one_generation(counts) and all(a <= b for a, b in zip(counts, former))


def odd_surroundings(tap, program, folder):
    """Who starts the server may leave it in a strange state, or go away."""
    capsule.build(folder, index=False)
    log = os.path.join(folder, "server.log")
    ini = write_ini(folder, {"server": {"log": "server.log"}})
    started = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" serve -c "$1" <&- >&- 2>&-',
                                program, ini], env=environment())
    try:
        where = wait_until(lambda: os.path.exists(log) and re.search(
            r"read gemini://localhost:(\d+)/", bytes_of(log).decode()), "the log's first line")
        answer = gemini.get(("127.0.0.1", int(where.group(1))), "/about.gmi")
        tap.ok(answer.status == 20 and b"ended" not in bytes_of(log),
               "serves without standard streams", f"{answer} {bytes_of(log)}")
    finally:
        started.terminate()
        started.wait()

    ini = write_ini(folder)
    with subprocess.Popen([program, "serve", "-c", ini], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment()) as started:
        try:
            started.stdout.readline()
            started.stdout.close()
            log = started.stderr.readline()
            started.stderr.close()
            write_ini(folder, {"gemini": {"listen": "127.0.0.1:0"}, "blog": {"title": "Again"}})
            address = ("127.0.0.1", int(re.search(rb"gemini://localhost:(\d+)/", log).group(1)))
            started.send_signal(signal.SIGHUP)
            wait_until(lambda: b"Again" in gemini.get(address, "/").raw, "the new title")
            tap.ok(started.poll() is None, "serves and reloads when nobody reads what it says")
        finally:
            started.terminate()

    ignore = functools.partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN)
    with Server(program, ini, listeners=3, preexec_fn=ignore) as server:
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        after = wait_until(lambda: [pid for pid in server.workers() if pid not in before],
                           "another worker")
        tap.ok(len(after) == 1, "replaces a worker though SIGCHLD was ignored when it started")


def told_to_end_at_start(tap, program, folder):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "long.gmi"), "\n" * (8 << 20))
    for number in range(200):  # an index that takes a while
        os.link(os.path.join(root, "long.gmi"), os.path.join(root, f"long{number}.gmi"))
    index = os.path.join(root, ".index.db")
    with subprocess.Popen([program, "serve", "-c", write_ini(folder)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment()) as started:
        wait_until(lambda: os.path.exists(index + ".tmp"), "the index to be begun")
        started.terminate()
        output, complaints = started.communicate(timeout=PATIENCE_S)
        tap.ok((started.returncode, output, complaints) == (0, b"", b"") and
               not os.path.exists(index), "SIGTERM while the index is made ends all with 0",
               f"{started.returncode} {output} {complaints}")


def out_of_descriptors(tap, program, folder):
    """A worker that could not take a connection, and holds none, looks again."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        worker = server.workers()[0]
        most = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (3, most[1]))
        before = rests(worker)
        with gemini.connect(server.gemini):
            wait_until(lambda: rests(worker) > before, "the worker to see that it cannot")
            resource.prlimit(worker, resource.RLIMIT_NOFILE, most)
        answer = gemini.get(server.gemini, "/about.gmi")
        tap.ok(answer.status == 20, "takes connections again", answer)


def rests(pid):
    """How often the process has gone to sleep."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M).group(1))


REQUESTS = [
    b"gemini://localhost/about.gmi\r\n", b"gemini://localhost/dot.txt?a-secret-answer\r\n",
    b"gemini://localhost/%1b%5b2J%0a\r\n", b"gemini://localhost/%e2%80%ae%e2%80%a8x\r\n",
    "gemini://localhost/été.gmi\r\n".encode(), b"gemini://localhost/a%5cx0ab\r\n",
    b"gemini://example.org/\r\n", b"\x1b]0;title\x07\r\n", b"gemini://localhost/nothing\r\n",
]


def log(tap, program, folder):
    """One line a request; nothing a terminal obeys, no addresses, no queries."""
    capsule.build(folder)
    changes = {"server": {"log": "access.log", "workers": "1"}}
    path = os.path.join(folder, "access.log")
    for setting, pattern in [("none", "-"), ("full", r"127\.0\.0\.1"), ("net", r"127\.0\.0\.0/24"),
                             ("hash", "[0-9a-f]{12}")]:
        changes["server"]["log_address"] = setting
        if os.path.exists(path):
            os.unlink(path)
        with Server(program, write_ini(folder, changes)) as server:
            for request in REQUESTS:
                gemini.ask(server.gemini, request)
            gemini.connect(server.gemini).close()
            lines = wait_until(lambda: requests_in(path, len(REQUESTS)), "a line for each request")
        lines = requests_in(path, 0)
        tap.ok(len(lines) == len(REQUESTS), f"{setting}: one line a request", "\n".join(lines))
        line = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ gemini [1-6][0-9] \d+ "
                          rf"{pattern} [\x21-\x7e]+")
        bad = [text for text in lines if not line.fullmatch(text)]
        tap.ok(not bad, f"{setting}: each line is well made", "\n".join(bad))
        tap.ok(not any("secret" in text for text in lines), f"{setting}: no line holds a query")
    tap.ok(any(r" /\xe2\x80\xae\xe2\x80\xa8x" in text for text in lines),
           "what a terminal obeys is spelled out", "\n".join(lines))


def log_of_gopher(tap, program, folder):
    """What was asked, whatever else it was then taken for."""
    capsule.build(folder)
    path = os.path.join(folder, "access.log")
    selectors = {"/none": "/none", "/2017/11/dijk": "/2017/11/dijk", "0/dot.txt": "/0/dot.txt",
                 "/2017/11/dijk.txt": "/2017/11/dijk.txt", "/a%20b.gmi": "/a%20b.gmi",
                 "/search%3fsecret": "/search", "/none?secret": "/none"}
    with Server(program, write_ini(folder, {"server": {"log": "access.log"}})) as server:
        for selector in selectors:
            gopher.get(server.gopher, selector)
        lines = wait_until(lambda: requests_in(path, len(selectors)), "a line for each selector")
    logged = [line.split()[-1] for line in lines]
    tap.ok(logged == list(selectors.values()), "Gopher: the log has what was asked",
           "\n".join(lines))


def requests_in(path, least):
    """The lines of the log that are of requests; None when there are fewer."""
    if not os.path.exists(path):
        return None
    lines = [line for line in bytes_of(path).decode("utf-8", "backslashreplace").splitlines()
             if " inspir: " not in line]
    return lines if len(lines) >= least else None


# What is typed, and what is said of it, in one line that ends with how it is meant.
WRONG_USE = [
    ([], "no subcommand is named"),
    (["serv"], "unknown subcommand serv"),
    (["-c", "x.ini", "serve"], "unknown subcommand -c"),
    (["serve", "now"], "serve: unknown word now"),
    (["serve", "-x"], "serve: unknown option -x"),
    (["serve", "-q"], "serve: unknown option -q"),
    (["serve", "-c"], "serve: -c needs a value"),
    (["import"], "import: no source is named"),
    (["import", "-q", "--"], "import: no source is named"),
    (["import", "--hints"], "import: --hints needs a value"),
    (["import", "x", "--check", "-c"], "import: -c needs a value"),
    (["import", "--check", "-zq", "x"], "import: unknown option -z"),
    (["import", "--strict=yes", "x"], "import: --strict=yes: this option has no value"),
    (["import", "--nothing", "x"], "import: unknown option --nothing"),
    (["check", "-c", "x.ini", "x"], "check: unknown word x"),
    (["index", "--strict"], "index: unknown option --strict"),
    (["version", "-c", "x.ini"], "version: unknown option -c"),
    (["help", "serve"], "help: unknown word serve"),
]


# What is only found out by looking: the commands that do, and their status.
MISSING = [
    ("[blog] root", "missing", ("check", "index", "serve"), 78),
    ("[blog] root", "inspir.ini", ("check", "index", "serve"), 78),
    ("[server] log", "missing/log.txt", ("check", "serve"), 78),
    ("[server] log", "capsule/.git", ("check",), 78),
    ("[server] user", "no-such-user", ("check", "serve"), 78),
    ("[blog] index", "missing/index.db", ("check",), 1),
]


def commands(tap, program, folder):
    """version, help, check, index, and how wrong command lines are met."""
    root = capsule.build(folder, index=False)
    ini = write_ini(folder)
    done = run(program, "version")
    tap.ok(done.returncode == 0 and re.fullmatch(r"inspir \d+\.\d+\.\d+\n", done.stdout),
           "version", done.stdout)
    for word in ("help", "--help", "-h"):
        done = run(program, word)
        tap.ok(done.returncode == 0 and done.stdout.startswith("usage: inspir serve") and
               not done.stderr and not re.search(" $", done.stdout, re.M),
               f"inspir {word}", f"{done.returncode} {done.stderr}")
    done = run(program, "--version")
    tap.ok(done.returncode == 0 and done.stdout.startswith("inspir "), "--version", done.stderr)
    for arguments, why in WRONG_USE:
        done = run(program, *arguments)
        tap.ok(done.returncode == 64 and not done.stdout and
               re.fullmatch(rf"inspir: {re.escape(why)}: usage: inspir [^\n]*\n", done.stderr),
               f"inspir {' '.join(arguments)}: 64", f"{done.returncode} {done.stderr}")
    for name in ("serve", "import", "index", "check", "version", "help"):
        for option in ("-h", "--help"):
            done = run(program, name, option)
            tap.ok(done.returncode == 0 and not done.stderr and
                   re.fullmatch(rf"usage: inspir {name}\b[^\n]*\n", done.stdout),
                   f"inspir {name} {option}", f"{done.returncode} {done.stdout} {done.stderr}")
    done = run(program, "index", "-c", ini)
    tap.ok(done.returncode == 0 and re.search(rf"\b{len(capsule.POSTS)} posts", done.stdout),
           "index counts", f"{done.returncode} {done.stdout} {done.stderr}")
    done = run(program, "index", "-q", "-c", ini)
    tap.ok((done.returncode, done.stdout) == (0, ""), "index -q says nothing", done.stdout)
    with Server(program, ini):
        pass
    done = run(program, "check", "-c", ini)
    tap.ok(done.returncode == 0, "check finds nothing", f"{done.returncode} {done.stderr}")
    capsule.write(os.path.join(root, "dead.gmi"), "# Dead\n\n=> /nowhere.gmi A dead end\n")
    done = run(program, "check", "-c", ini)
    tap.ok(done.returncode == 1 and "dead.gmi" in done.stderr and "nowhere.gmi" in done.stderr,
           "check finds a dead link", f"{done.returncode} {done.stderr}")
    for key, value, commands_of, status in MISSING:
        if key == "[server] user" and os.getuid() != 0:
            tap.skip(f"{key} = {value}", "only root becomes somebody else")
            continue
        section, name = key.strip("[").split("] ")
        path = write_ini(folder, {section: {name: value}}, "places.ini")
        lines = bytes_of(path).decode().splitlines()
        place = f"places.ini:{lines.index(f'{name} = {value}') + 1}: {key}: "
        for command in commands_of:
            done = run(program, command, "-c", path)
            said = [line for line in done.stderr.splitlines() if "dead.gmi" not in line]
            tap.ok(done.returncode == status and len(said) == 1 and place in said[0],
                   f"{command} finds {key} = {value}", f"{done.returncode} {done.stderr}")
    done = run(program, "check", folder=folder)
    tap.ok(done.returncode == 1, "inspir.ini in this folder is read unasked", done.stderr)


def full_disk(tap, program, folder):
    """What a person asked for and did not get is told by the status."""
    capsule.build(folder)
    ini = write_ini(folder)
    for arguments in (["version"], ["help"], ["index", "--help"], ["index", "-c", ini]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), timeout=PATIENCE_S,
                                  check=False)
        tap.ok(done.returncode == 73 and b"cannot write" in done.stderr,
               f"{arguments[0]} to a full disk: 73", f"{done.returncode} {done.stderr}")
    done = subprocess.run([program, "check", "-c", ini], capture_output=True, timeout=PATIENCE_S,
                          env={**environment(), "TMPDIR": os.path.join(folder, "missing")},
                          check=False)
    tap.ok(done.returncode == 73 and len(done.stderr.splitlines()) == 1, "check without TMPDIR: 73",
           f"{done.returncode} {done.stderr}")


BAD_INI = [
    ("an unknown key", "[blog]\ntitel = x\n", 2, "title"),
    ("an unknown section", "[blog]\n\n[gofer]\n", 3, "gopher"),
    ("a key before all sections", "title = x\n", 1, "title"),
    ("a number that is none", "[blog]\npage_size = many\n", 2, "page_size"),
    ("a number out of range", "[blog]\npage_size = 0\n", 2, "page_size"),
    ("a word of no list", "[server]\nsandbox = maybe\n", 2, "sandbox"),
    ("an address that is none", "[gemini]\nlisten = localhost\n", 2, "listen"),
    ("a port out of range", "[gemini]\nlisten = 127.0.0.1:70000\n", 2, "listen"),
    ("a key given twice", "[blog]\ntitle = a\ntitle = b\n", 3, "title"),
    ("a line that is neither", "[blog]\nhello\n", 2, ""),
    ("a line too long", "[blog]\ntitle = " + "x" * 300 + "\n", 2, "199"),
    ("a zone that is no folder", "[zone private]\nrequire = any\n", 1, "zone"),
]


def bad_configurations(tap, program, folder):
    path = os.path.join(folder, "bad.ini")
    for what, text, line, word in BAD_INI:
        capsule.write(path, text)
        for command in ("serve", "check", "index"):
            done = run(program, command, "-c", path)
            lines = done.stderr.splitlines()
            tap.ok(done.returncode == 78 and len(lines) == 1 and f"bad.ini:{line}: " in lines[0] and
                   word in lines[0], f"{command}: {what}: 78", f"{done.returncode} {done.stderr}")
    done = run(program, "serve", "-c", path + "x")
    tap.ok(done.returncode == 78 and "bad.inix" in done.stderr, "serve: no configuration: 78",
           f"{done.returncode} {done.stderr}")
    done = run(program, "serve", "-c", write_ini(folder, {"blog": {"root": "nowhere"}}))
    lines = done.stderr.splitlines()
    tap.ok(done.returncode == 78 and len(lines) == 1 and "inspir.ini:5: [blog] root" in lines[0] and
           "nowhere" in lines[0], "serve: no capsule: 78", f"{done.returncode} {done.stderr}")
    capsule.build(folder)
    capsule.write(os.path.join(folder, "junk.pem"), "junk\n")
    junk = {"tls": {"cert": "junk.pem", "key": "junk.pem"}}
    done = run(program, "serve", "-c", write_ini(folder, junk))
    tap.ok(done.returncode == 78 and len(done.stderr.splitlines()) == 1 and
           "junk.pem" in done.stderr, "serve: no certificate in its file: 78",
           f"{done.returncode} {done.stderr}")


if __name__ == "__main__":
    main(start_and_end, reload, reload_of_parts, index, index_that_cannot_be, lost_worker,
         lost_meanwhile, listeners, without_a_family, moved_listeners, same_address_twice,
         odd_surroundings, told_to_end_at_start, out_of_descriptors, log, log_of_gopher,
         commands, full_disk, bad_configurations)

#!/usr/bin/env python3
"""What a client can take from the server: time, connections, requests, memory, descriptors. Clients
of all kinds are cut off in the end, but not one that makes progress."""

import concurrent.futures
import os
import resource
import select
import signal
import socket
import ssl
import subprocess
import threading
import time

import capsule
import gemini
import gopher
import stalled
from server import PATIENCE_S, Server, main, wait_until, write_ini

SHORT = {"handshake_s": "2", "request_s": "2", "stall_s": "2"}
LONG = {"handshake_s": "3600", "request_s": "3600", "stall_s": "3600"}
NOBODY_EXEMPT = {"rate_exempt": ""}
DRIP_S = 0.1             # between two pieces of a client that sends bit by bit
CROWD = 1000             # stalled clients
SILENT_MAX = 1024        # bytes of memory that one takes before its first byte
SHAKEN_MAX = 14592       # bytes after the handshake: 14 KiB, and its share of what is spare
STALLED_MAX = 40 * 1024  # bytes that one takes on average, HARDENING P5
REQUEST = b"gemini://localhost/about.gmi\r\n"


def pause(seconds=DRIP_S):
    threading.Event().wait(seconds)


def ends(tcp):
    """The server ends the connection; what it says meanwhile is read."""
    tcp.settimeout(PATIENCE_S)
    return gemini.read_all(tcp)[1] != "timeout"


def drip(tcp, piece):
    """Sends the piece again and again, as long as somebody is there. True: nobody is any more."""
    deadline = time.monotonic() + PATIENCE_S
    tcp.settimeout(DRIP_S)
    while time.monotonic() < deadline:
        try:
            tcp.sendall(piece)
            if tcp.recv(65536) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def hello():
    outgoing = ssl.MemoryBIO()
    client = gemini.CONTEXT.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake alone")


# Clients: each is given a server, and says whether its connection was ended.

def silent(server):
    with gemini.connect(server.gemini) as tcp:
        return ends(tcp)


def silent_gopher(server):
    with gemini.connect(server.gopher) as tcp:
        return ends(tcp)


def half_hello(server):
    with gemini.connect(server.gemini) as tcp:
        tcp.sendall(hello()[:100])
        return ends(tcp)


def dripped_hello(server):
    with gemini.connect(server.gemini) as tcp:
        tcp.sendall(b"\x16\x03\x01\x3f\xff\x01")
        return drip(tcp, b"\0")


def no_finished(server):
    """A whole ClientHello, and nothing after it."""
    with gemini.connect(server.gemini) as tcp:
        tcp.sendall(hello())
        return ends(tcp)


def no_request(server):
    with gemini.Conversation(server.gemini) as conversation:
        answer = conversation.answer()
        return (answer.raw, answer.ending) == (b"", "close_notify")


def dripped_request(server):
    with gemini.Conversation(server.gemini) as conversation:
        conversation.tcp.settimeout(PATIENCE_S)
        conversation.send(b"gemini://localhost/")
        while True:  # the pieces are small enough never to become a request that is too long
            conversation.send(b"a")
            if ended(conversation.tcp):
                return True
            pause()


def ended(tcp):
    """The connection has ended on the other side, or ends without more to come."""
    try:
        return tcp.recv(65536, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def dripped_selector(server):
    with gemini.connect(server.gopher) as tcp:
        return drip(tcp, b"a")


def key_updates(server):
    """A client that changes its key again and again."""
    client = subprocess.Popen(["openssl", "s_client", "-tls1_3", "-connect",
                               "%s:%d" % server.gemini], stdin=subprocess.PIPE, bufsize=0,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with client:
        try:
            while client.poll() is None:
                client.stdin.write(b"K\n")
                pause()
        except BrokenPipeError:
            pass
    return True


def any_hangs_up(connections):
    """The server ends one of the connections, of which none reads."""
    with select.epoll() as poll:
        for tcp in connections:
            poll.register(tcp.fileno(), select.EPOLLRDHUP)
        return bool(poll.poll(PATIENCE_S))


def stopped_reader(server):
    with stalled.Crowd(server.gemini, 1, [stalled.STOPPED]) as crowd:
        return any_hangs_up([crowd.clients[0].tcp])


def stopped_gopher(server):
    with narrow(server.gopher) as tcp:
        tcp.sendall(b"/big.txt\r\n")
        return any_hangs_up([tcp])


def never_silent(server):
    """Goes on sending after its request."""
    with gemini.connect(server.gopher) as tcp:
        tcp.sendall(b"/about.txt\r\n")
        return drip(tcp, b"more and more\r\n")


CLIENTS = [silent, silent_gopher, half_hello, dripped_hello, no_finished, no_request,
           dripped_request, dripped_selector, key_updates, stopped_reader, stopped_gopher,
           never_silent]


def deadlines(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder, {"limits": SHORT})) as server:
        with concurrent.futures.ThreadPoolExecutor(len(CLIENTS)) as pool:
            results = [(client, pool.submit(client, server)) for client in CLIENTS]
            for client, result in results:
                tap.ok(result.result(), f"{client.__name__} is ended")
        wait_until(lambda: stalled.connections(server.gemini, server.gopher) == 0,
                   "no connection to be left")
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20, "others are served")


def thin_link(tcp, size):
    """Everything until the end, at 9.6 kbit/s for the first `size` bytes."""
    parts, got = [], 0
    while got < size:
        data = tcp.recv(120)
        if not data:
            break
        parts.append(data)
        got += len(data)
        pause(DRIP_S * len(data) / 120)
    return b"".join(parts) + gemini.read_all(tcp)[0]


def narrow(address):
    tcp = socket.socket()
    tcp.settimeout(PATIENCE_S)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    tcp.connect(address)
    return tcp


def slow_gopher(server, path, size):
    with narrow(server.gopher) as tcp:
        tcp.sendall(path.encode() + b"\r\n")
        return thin_link(tcp, size)


def slow_gemini(server, path, size):
    """The page, and whether close_notify came behind it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = gemini.CONTEXT.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with narrow(server.gemini) as tcp:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                tcp.sendall(outgoing.read())
                incoming.write(tcp.recv(65536))
        client.write(f"gemini://localhost{path}\r\n".encode())
        tcp.sendall(outgoing.read())
        incoming.write(thin_link(tcp, size))
    parts = []
    try:
        while data := client.read(65536):
            parts.append(data)
    except ssl.SSLZeroReturnError:
        pass
    except ssl.SSLError:  # there is no end
        return b"".join(parts), False
    return b"".join(parts), True


def slow_readers(tap, program, folder):
    root = capsule.build(folder)
    page = "A line of the page that a thin link brings.\n" * 220
    capsule.write(os.path.join(root, "page.txt"), page)
    with Server(program, write_ini(folder, {"limits": {"stall_s": "5"}})) as server:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            small = pool.submit(slow_gemini, server, "/page.txt", len(page))
            text = pool.submit(slow_gopher, server, "/page.txt", len(page))
            body, closed = small.result()
            tap.ok(body.endswith(page.encode()) and closed, "9.6 kbit/s gets its page",
                   f"{len(body)} bytes, close_notify {closed}")
            body = text.result()
            tap.ok(body == page.replace("\n", "\r\n").encode(), "9.6 kbit/s gets its Gopher page",
                   f"{len(body)} bytes")


def ask_from(server, source):
    """The status of a request from that address; None: the server did not even begin."""
    try:
        return gemini.ask(server.gemini, REQUEST, source=source).status
    except ConnectionError:
        return None


def connections_of_network(tap, program, folder):
    capsule.build(folder)
    limits = {**LONG, **NOBODY_EXEMPT, "connections_per_address": "4", "burst": "1000",
              "requests_per_s": "1000"}
    ini = write_ini(folder, {"limits": limits, "server": {"workers": "2"}})
    with Server(program, ini) as server:
        crowd = [gemini.connect(server.gemini, f"127.0.5.{i}") for i in range(1, 5)]
        wait_until(lambda: ask_from(server, "127.0.5.99") == 44, "44")
        answer = gemini.ask(server.gemini, REQUEST, source="127.0.5.1")
        tap.ok(answer.status == 44 and not answer.faults(), "a network has enough: 44", answer)
        with gemini.connect(server.gopher, "127.0.5.7") as tcp:
            tcp.sendall(b"/\r\n")
            text, _ = gemini.read_all(tcp)
        tap.ok(gopher.is_error(text), "and on Gopher an error", text)
        tap.ok(ask_from(server, "127.0.6.1") == 20, "another network is served")
        tap.ok(gemini.ask(server.gemini, b"http://localhost/\r\n", source="127.0.5.1").status == 53,
               "what is wrong with a request is said first")
        crowd += [gemini.connect(server.gemini, "127.0.5.9") for _ in range(4)]
        wait_until(lambda: ask_from(server, "127.0.5.99") is None, "the connection to be closed")
        tap.ok(True, "with twice as many, others are closed at once")
        for tcp in crowd:
            tcp.close()
        wait_until(lambda: ask_from(server, "127.0.5.99") == 20, "room")
        tap.ok(True, "connections that end make room")
        killed_worker(tap, server)


def killed_worker(tap, server):
    """What a worker had counted ends with it."""
    crowd = [gemini.connect(server.gemini, "127.0.8.1") for _ in range(4)]
    wait_until(lambda: ask_from(server, "127.0.8.1") == 44, "44")
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: ask_from(server, "127.0.8.1") == 20, "room")
    tap.ok(all(ends(tcp) for tcp in crowd), "a worker that is killed leaves nothing counted")
    for tcp in crowd:
        tcp.close()


def connections_in_total(tap, program, folder):
    capsule.build(folder)
    limits = {**LONG, "connections": "8"}
    with Server(program, write_ini(folder, {"limits": limits})) as server:
        crowd = [gemini.connect(server.gemini) for _ in range(8)]
        answer = gemini.get(server.gemini, "/about.gmi")
        tap.ok(answer.status == 41 and not answer.faults(), "all places are taken: 41", answer)
        crowd.append(gemini.connect(server.gopher))  # where somebody could be told so
        with gemini.connect(server.gopher) as waiting:
            waiting.sendall(b"/about.txt\r\n")
            crowd.pop().close()
            text, _ = gemini.read_all(waiting)
        tap.ok(gopher.is_error(text), "who waits is told on Gopher, too", text)
        for tcp in crowd:
            tcp.close()
        wait_until(lambda: gemini.get(server.gemini, "/about.gmi").status == 20, "a place")
        tap.ok(True, "places become free")


def pace_of_requests(tap, program, folder):
    capsule.build(folder)
    limits = {**NOBODY_EXEMPT, "requests_per_s": "1", "burst": "5"}
    ini = write_ini(folder, {"limits": limits, "server": {"workers": "2"}})
    with Server(program, ini) as server:
        first = [ask_from(server, f"127.0.5.{i}") for i in range(1, 6)]
        tap.ok(first == [20] * 5, "a burst is served", first)
        wait_until(lambda: ask_from(server, "127.0.5.1") == 44, "44")
        tap.ok(True, "then 44 is the answer")
        tap.ok(ask_from(server, "127.0.6.1") == 20, "another network is served")
        wait_until(lambda: ask_from(server, "127.0.5.3") is None, "the door to close")
        tap.ok(True, "who goes on all the same is not let in")
        wait_until(lambda: gopher_error(server, "127.0.6.1"), "an error on Gopher")
        tap.ok(True, "Gopher takes from the same budget")
        changed = {**limits, "rate_exempt": "127.0.5.0/24"}
        write_ini(folder, {"limits": changed, "server": {"workers": "2"}})
        server.signal(signal.SIGHUP)
        wait_until(lambda: "reloaded" in server.complaints(), "the new configuration")
        wait_until(lambda: ask_from(server, "127.0.5.1") == 20, "the exemption")
        answers = [ask_from(server, "127.0.5.1") for _ in range(30)]
        tap.ok(answers == [20] * 30, "an exempt network may ask as often as it likes", answers)


def gopher_error(server, source):
    with gemini.connect(server.gopher, source) as tcp:
        try:
            tcp.sendall(b"/about.txt\r\n")
        except ConnectionError:
            pass
        return gopher.is_error(gemini.read_all(tcp)[0])


def descriptors(pid):
    return {int(name) for name in os.listdir(f"/proc/{pid}/fd")}


def no_descriptors(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder, {"limits": LONG})) as server:
        [worker] = server.workers()
        try:
            used = descriptors(worker)
        except PermissionError:
            tap.skip("no descriptors", "another process may not count them")
            return
        former = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        free = next(number for number in range(len(used) + 1) if number not in used)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (free, former[1]))
        with gemini.connect(server.gopher) as tcp:
            tcp.sendall(b"/about.txt\r\n")
            resource.prlimit(worker, resource.RLIMIT_NOFILE, former)
            tap.ok(ends(tcp), "who comes while there is no descriptor is answered or told to go")
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20, "then all is well again")
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (max(used) + 1, former[1]))
        crowd = [gemini.connect(server.gemini) for _ in range(len(used))]
        tap.ok(any_hangs_up(crowd), "who comes after the last descriptor is taken is told to go")
        for tcp in crowd:
            tcp.close()
        resource.prlimit(worker, resource.RLIMIT_NOFILE, former)
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20, "and all is well again")


def crowd_of_stalled(tap, program, folder):
    capsule.build(folder)
    limits = {**LONG, **NOBODY_EXEMPT}
    with Server(program, write_ini(folder, {"limits": limits})) as server:
        workers = server.workers()
        gemini.get(server.gemini, "/big.txt")
        before = stalled.memory(workers)
        each = weigh(server, stalled.SILENT)
        judge_memory(tap, program, each <= SILENT_MAX, f"a client that is silent: {each:.0f} bytes")
        with stalled.Crowd(server.gemini, CROWD) as crowd:
            wait_until(lambda: stalled.connections(server.gemini) == CROWD, "the crowd")
            tap.ok(True, f"{CROWD} stalled clients are there")
            asked = [gemini.get(server.gemini, "/about.gmi").status for _ in range(50)]
            tap.ok(asked == [20] * 50, "others are served meanwhile", asked)
            each = (stalled.memory(workers) - before) / CROWD
            judge_memory(tap, program, each <= STALLED_MAX, f"a stalled client: {each:.0f} bytes")
            most = stalled.memory(workers)
        del crowd
        wait_until(lambda: stalled.connections(server.gemini) == 0, "their end")
        left = (stalled.memory(workers) - before) / (most - before)
        judge_memory(tap, program, left <= 0.25, f"{left:.0%} of the memory is left when they go")
    with Server(program, write_ini(folder, {"limits": {**SHORT, **NOBODY_EXEMPT}})) as server:
        with stalled.Crowd(server.gemini, CROWD, patient=False) as crowd:
            ended_count = sum(map(len, crowd.watch(PATIENCE_S)))
            tap.ok(ended_count == CROWD, "each one is ended at its deadline", ended_count)
            wait_until(lambda: stalled.connections(server.gemini) == 0, "their end")
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20, "others are served")


def crowd_after_handshake(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder, {"limits": {**LONG, **NOBODY_EXEMPT}})) as server:
        gemini.get(server.gemini, "/big.txt")
        each = weigh(server, stalled.HALF_REQUEST)
    judge_memory(tap, program, each <= SHAKEN_MAX, f"a client after a handshake: {each:.0f} bytes")


def weigh(server, kind):
    """Bytes that each of a crowd takes."""
    before = stalled.memory(server.workers())
    with stalled.Crowd(server.gemini, CROWD, [kind]):
        wait_until(lambda: stalled.connections(server.gemini) == CROWD, "the crowd")
        return (stalled.memory(server.workers()) - before) / CROWD


def judge_memory(tap, program, good, name):
    """The sanitizers take memory of their own."""
    if os.path.basename(os.path.dirname(program)) == "san":
        tap.skip(name.split(":")[0], "not with sanitizers")
    else:
        tap.ok(good, name)


if __name__ == "__main__":
    main(deadlines, slow_readers, connections_of_network, connections_in_total, pace_of_requests,
         no_descriptors, crowd_of_stalled, crowd_after_handshake)

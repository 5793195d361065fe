#!/usr/bin/env python3
"""What readers notice while processes come and go: nothing. Reloads, killed workers, the end."""

import concurrent.futures
import os
import signal
import time

import capsule
import gemini
from load import Load
from server import Server, is_alive, main, wait_until, write_ini

WORKERS = 2
RELOADS = 20
BAD_INI, BAD_CERTIFICATE = 7, 13  # which of them
HELD = 2                          # long answers that each worker is in the middle of
HUGE = 16 << 20                   # bytes of one: more than the system takes for a client
DRAIN_S = 30                      # as serve/worker.h says
SLACK_S = 20                      # for a machine that is busy


def told(server, words):
    return server.complaints().count(words)


def reload_once(server, load, words):
    """One SIGHUP, and each client asks on both sides of what comes of it."""
    before, since = told(server, words), list(load.counts)
    wait_until(lambda: load.have_all_asked(since), "each client to ask")
    server.signal(signal.SIGHUP)
    wait_until(lambda: told(server, words) > before, words)


def reloads_under_load(tap, program, folder):
    """One of the reloads finds a bad configuration, one a certificate that is none."""
    capsule.build(folder, index=False)  # a home page of its own would hide the title
    settings = {"server": {"workers": str(WORKERS)}}
    with Server(program, write_ini(folder, settings)) as server:
        certificate = os.path.join(folder, "certs/cert.pem")
        with open(certificate, "rb") as file:
            good = file.read()
        with Load(server) as load:
            for number in range(1, RELOADS + 1):
                words = "inspir: reloaded\n"
                titled = {**settings, "blog": {"title": f"Title {number}"}}
                if number == BAD_INI:
                    titled["blog"]["page_size"] = "many"
                    words = "page_size"
                if number == BAD_CERTIFICATE:
                    capsule.write(certificate, "junk\n")
                    words = "cert.pem"
                write_ini(folder, titled)
                reload_once(server, load, words)
                capsule.write(certificate, good)
            since = list(load.counts)
            wait_until(lambda: load.have_all_asked(since), "each client to ask")
        tap.ok(not load.failures and load.answered > RELOADS * len(load.counts),
               f"{RELOADS} reloads: no request of {len(load.counts)} clients is lost",
               f"{len(load.failures)} of {load.answered}\n{load.told()}")
        failed = [line for line in server.complaints().splitlines() if "reload failed" in line]
        tap.ok(len(failed) == 2 and "inspir.ini:" in failed[0] and "page_size" in failed[0]
               and "cert.pem" in failed[1] and told(server, "reloaded\n") == RELOADS - 2,
               "the two that cannot be say why, the former configuration serves on",
               "\n".join(failed))
        tap.ok(gemini.get(server.gemini, "/").text.startswith(f"# Title {RELOADS}\n"),
               "the last configuration serves")
        wait_until(lambda: len(server.workers()) == WORKERS, "the former workers to end")
        tap.ok(True, "no worker of a former generation stays")
        tap.note(f"{load.answered} requests")


def sockets_of(pid):
    """The ports of the clients whose connections a process holds."""
    held = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            held.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:  # closed meanwhile
            pass
    ports = set()
    with open("/proc/net/tcp", encoding="ascii") as file:
        for row in list(file)[1:]:
            fields = row.split()
            if f"socket:[{fields[9]}]" in held:
                ports.add(int(fields[2].split(":")[1], 16))
    return ports


def freeze(pid):
    """Stops a process for good, so that it takes no connection any more; returns what it holds."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T", "the worker to stop")
    return sockets_of(pid)


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def build(folder):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "huge.txt"), "0123456789abcde\n" * (HUGE // 16))


def hold(server):
    """A conversation in the middle of a long answer."""
    conversation = gemini.Conversation(server.gemini)
    conversation.send(b"gemini://localhost/huge.txt\r\n")
    conversation.first = conversation.read_record()
    return conversation


def port_of(conversation):
    return conversation.tcp.getsockname()[1]


def hold_all(server):
    """Conversations of which each worker holds some."""
    held, counts = [], [0]
    while min(counts) < HELD:
        held.append(hold(server))
        ports = {port_of(conversation) for conversation in held}
        counts = [len(ports & sockets_of(pid)) for pid in server.workers()]
    return held


def kill_in_turn(tap, program, folder):
    """kill -9 of each worker: only those whose connections it held can notice."""
    build(folder)
    ini = write_ini(folder, {"server": {"workers": str(WORKERS)}})
    with Server(program, ini) as server:
        for number, victim in enumerate(server.workers()):
            with Load(server) as load:
                held = hold_all(server)
                since = list(load.counts)
                wait_until(lambda: load.have_all_asked(since), "each client to ask")
                lost = freeze(victim)
                os.kill(victim, signal.SIGKILL)
                killed = time.monotonic()
                wait_until(lambda: victim not in server.workers()
                           and len(server.workers()) == WORKERS, "another worker")
                took_s = time.monotonic() - killed
                since = list(load.counts)
                wait_until(lambda: load.have_all_asked(since), "each client to ask")
            strangers = [text for port, text in load.failures if port not in lost]
            tap.ok(not strangers, f"worker {number} killed: no other's request is hurt",
                   "\n".join(strangers))
            judge_held(tap, number, held, lost)
            tap.note(f"{load.answered} requests, {len(lost)} connections were the victim's, "
                     f"{took_s:.2f} s until another worker was there")
        tap.ok(told(server, "ended by signal 9\n") == WORKERS, "each loss is one line in the log",
               server.complaints()[-2000:])


def judge_held(tap, number, held, lost):
    """The long answers that were under way."""
    kept = [conversation for conversation in held if port_of(conversation) not in lost]
    rests = [(conversation.first, conversation.answer()) for conversation in kept]
    for conversation in held:
        conversation.close()
    cut = [rest for first, rest in rests
           if len(first + rest.raw) < HUGE or rest.ending != "close_notify"]
    tap.ok(len(kept) >= HELD and not cut,
           f"worker {number} killed: long answers of the other go on", f"{len(kept)} {cut}")


def back_off(tap, program, folder):
    """A worker that keeps dying is replaced ever more slowly."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        waits_s = []
        for _ in range(4):
            before = server.workers()
            os.kill(before[0], signal.SIGKILL)
            killed = time.monotonic()
            wait_until(lambda known=before: set(server.workers()) - set(known)
                       and len(server.workers()) == 1, "another worker")
            waits_s.append(time.monotonic() - killed)
        # Seconds are whole ones: a wait of two may be as short as one.
        tap.ok(waits_s[2] > 1 and waits_s[3] > 3, "waits grow: 0, 1, 2, 4 seconds", waits_s)
        tap.note("waited " + ", ".join(f"{seconds:.2f} s" for seconds in waits_s))
        tap.ok(gemini.get(server.gemini, "/about.gmi").status == 20, "and then it serves")


def drain(program, folder):
    """Whatever its readers do, the server ends. Returns what was seen as (passed, name, detail):
    this takes as long as a drain may take at most, so it is done beside other things."""
    build(folder)
    limits = {name: "3600" for name in ("handshake_s", "request_s", "stall_s")}
    ini = write_ini(folder, {"limits": limits, "server": {"workers": str(WORKERS)}})
    server = Server(program, ini)
    workers = server.workers()
    with gemini.connect(server.gemini), gemini.Conversation(server.gemini) as slow, hold(server):
        slow.send(b"gemini://localhost/")
        server.signal(signal.SIGTERM)
        told_at = time.monotonic()
        faults = server.stop()
        took_s = time.monotonic() - told_at
    return [(not faults, "SIGTERM: who takes nothing of an answer cannot keep it", faults),
            (took_s < DRAIN_S + SLACK_S, f"SIGTERM: ends in {DRAIN_S} seconds", took_s),
            (not any(is_alive(pid) for pid in workers), "SIGTERM: no worker is left", workers)]


def comings_and_goings(tap, program, folder):
    places = [os.path.join(folder, str(number)) for number in range(4)]
    for place in places:
        os.mkdir(place)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        drained = pool.submit(drain, program, places[0])
        for group, place in zip((reloads_under_load, kill_in_turn, back_off), places[1:]):
            group(tap, program, place)
        for result in drained.result():
            tap.ok(*result)


if __name__ == "__main__":
    main(comings_and_goings)

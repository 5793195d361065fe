#!/usr/bin/env python3
"""Lists of hostile requests, our own and those that live beside the project: each row is delivered
in one piece, byte by byte and split at a random place, and the answer is the same."""

import codecs
import concurrent.futures
import os
import random
import re
import shutil

import capsule
import gemini
import gopher
from server import SLOWNESS, Server, is_sanitized, main, write_ini

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(HERE, "../fixtures/hostile-")
BESIDE = os.path.join(HERE, "../../../shared/hostile/")
REPEATED = re.compile(rb"@@(\d+):(.+?)@@")
AT_ONCE = 24  # conversations; most of them wait for a deadline
LIMIT_S = str(2 * SLOWNESS)
# What must never be said, whatever was asked.
SECRETS = re.compile(rb"SENTINEL-OUTSIDE|root:/|fts5", re.IGNORECASE)
LOG_LINE = re.compile(r"(gemini|gopher) [1-6][0-9] [0-9]+ - [\x21-\x7e]+")


def bytes_of(text):
    """A request as it is written in a list."""
    return REPEATED.sub(lambda found: int(found.group(1)) * found.group(2),
                        codecs.escape_decode(text.encode())[0])


def read_list(path):
    """(row's name, request, allowed answers) of each row; None when there is no such list."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [(row, bytes_of(request), expected.split("|"))
            for row, request, expected, *_ in rows[1:]]


def deliveries(request, chance):
    yield [request]
    yield [request[i:i + 1] for i in range(len(request))]
    if len(request) > 1:
        cut = chance.randrange(1, len(request))
        yield [request[:cut], request[cut:]]


def ask_gemini(address, pieces, ends):
    with gemini.Conversation(address) as conversation:
        conversation.send(*pieces)
        if ends:
            conversation.close_notify()
            conversation.fin()
        return conversation.answer()


def judge_gemini(address, row):
    """What is wrong with the answers to one row of gemini.tsv, and how many there were."""
    name, request, expected = row
    faults, raws, answered = [], set(), 0
    # A request without its end is followed by the end of the connection, or by nothing at all.
    ways = [True, False] if b"\r\n" not in request else [False]
    for pieces in deliveries(request, random.Random(name)):
        for ends in ways:
            answer = ask_gemini(address, [piece for piece in pieces if piece], ends)
            raws.add((ends, answer.raw))
            answered += answer.raw != b""
            status = str(answer.status) if answer.raw else "close"
            if status not in expected:
                faults.append(f"{status} is not {'|'.join(expected)}: {answer!r}")
            faults += answer.faults()
            if SECRETS.search(answer.raw):
                faults.append(f"a secret: {answer.raw!r}")
    if len(raws) > len(ways):
        faults.append(f"the answer depends on the delivery: {raws!r}")
    return faults, answered


def judge_plain(address, row):
    """The same for a row that is sent without TLS."""
    _, request, _ = row
    back, ending = gemini.plain(address, request)
    return [] if not back and ending != "timeout" else [f"{back!r} {ending}"], 0


GOPHER_ANSWERS = {
    "menu": gopher.is_menu,
    "text": gopher.is_text,
    "error": gopher.is_error,
    "html": lambda answer: b"<html" in answer.lower(),
    "http": lambda answer: answer.startswith(b"HTTP/1.0 400 "),
    "binary": lambda answer: answer == capsule.PNG,
    "close": gopher.is_close,
}


def judge_gopher(address, row):
    name, request, expected = row
    faults, raws, answered = [], set(), 0
    for pieces in deliveries(request, random.Random(name)):
        answer, ending = gopher.ask(address, *pieces, ended=b"\n" not in request)
        raws.add(answer)
        answered += not gopher.is_close(answer)
        if not any(GOPHER_ANSWERS[kind](answer) for kind in expected):
            faults.append(f"none of {'|'.join(expected)}: {answer!r}")
        if ending != "eof" and answer:
            faults.append(f"ended by {ending}")
        if SECRETS.search(answer):
            faults.append(f"a secret: {answer!r}")
    if len(raws) > 1:
        faults.append(f"the answer depends on the delivery: {raws!r}")
    return faults, answered


def judge_rows(tap, server, rows, judge, address):
    """Returns how many requests were answered."""
    before, total = server.workers(), 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for row, judged in [(row, pool.submit(judge, address, row)) for row in rows]:
            faults, answered = judged.result()
            total += answered
            tap.ok(not faults, row[0], "\n".join(faults))
    tap.ok(server.workers() == before, "the same workers afterwards")
    return total


def fixture(folder, changes=None):
    capsule.build(folder)
    return write_ini(folder, {"gemini": {"port": "1965"},
                              "limits": {"handshake_s": LIMIT_S, "request_s": LIMIT_S},
                              **(changes or {})})


def tidy(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def ask_list(tap, server, rows, judge, address):
    inside = [row for row in rows if not row[0].startswith("plain_")]
    answered = judge_rows(tap, server, inside, judge, address)
    outside = [row for row in rows if row[0].startswith("plain_")]
    if outside:
        answered += judge_rows(tap, server, outside, judge_plain, address)
    judge_log(tap, server, answered)


def judge_log(tap, server, answered):
    """One line an answer, and nothing in it that a terminal obeys."""
    lines = [line for line in server.complaints().splitlines() if not line.startswith("inspir:")]
    tap.ok(len(lines) == answered, "the log has one line an answer",
           f"{len(lines)} lines, {answered} answers")
    bad = [line for line in lines if not LOG_LINE.fullmatch(line)]
    tap.ok(not bad, "every line of the log is well made", "\n".join(bad))


PROTOCOLS = [("gemini", judge_gemini), ("gopher", judge_gopher)]


def our_lists(tap, program, folder):
    for protocol, judge in PROTOCOLS:
        with Server(program, fixture(folder)) as server:
            ask_list(tap, server, read_list(f"{OURS}{protocol}.tsv"), judge,
                     server.addresses[protocol][0])
        tidy(folder)


def lists_beside(tap, program, folder):
    for protocol, judge in PROTOCOLS:
        rows = read_list(f"{BESIDE}{protocol}.tsv")
        if rows is None:
            tap.skip(f"more hostile requests: {protocol}", "../shared/hostile is not here")
            continue
        with Server(program, fixture(folder)) as server:
            ask_list(tap, server, rows, judge, server.addresses[protocol][0])
        tidy(folder)


def without_help(tap, program, folder):
    """The same when the root is a link, and when neither a sandbox nor openat2 keeps us in it."""
    if is_sanitized(program) or not shutil.which("strace"):
        tap.skip("hostile requests without openat2", "strace is not here, or a sanitizer is")
        return
    old = os.path.join(folder, "old-kernel")
    capsule.write(old, "#!/bin/sh\nexec strace -D -f -qq -o /dev/null --seccomp-bpf "
                       f'-e trace=openat2 -e inject=openat2:error=ENOSYS "{program}" "$@"\n')
    os.chmod(old, 0o755)
    ini = fixture(folder, {"server": {"sandbox": "off"}, "blog": {"root": "link-to-capsule"}})
    os.symlink("capsule", os.path.join(folder, "link-to-capsule"))
    rows = [row for row in read_list(OURS + "gemini.tsv") if not set(row[2]) & {"close"}]
    with Server(old, ini) as server:
        ask_list(tap, server, rows, judge_gemini, server.gemini)


if __name__ == "__main__":
    main(our_lists, lists_beside, without_help)

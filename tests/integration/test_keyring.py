#!/usr/bin/env python3
"""Where the private keys are, what becomes of a keyring, and which host shows which certificate."""

import base64
import hashlib
import os
import re
import signal
import socket
import ssl
import threading

import capsule
import gemini
from server import Server, is_alive, is_sanitized, main, run, wait_until, write_ini

CHUNK = 1 << 24  # bytes of memory read at a time
SCALAR = re.compile(rb"\x02\x01\x01\x04\x20(.{32})", re.DOTALL)  # RFC 5915: version, private key


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def traces_of_key(path):
    """The forms in which a key of P-256 can lie in memory: the number in both byte orders, which
    is how a file and a bignum have it, and the lines of its file."""
    lines = bytes_of(path).splitlines()[1:-1]
    scalar = SCALAR.search(base64.b64decode(b"".join(lines))).group(1)
    return [scalar, scalar[::-1], *(line for line in lines if len(line) >= 32)]


def memory_of(pid):
    """Everything that the process can read, region by region."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            bounds, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:  # what the kernel lends: vvar, vsyscall
                continue
            start, end = (int(bound, 16) for bound in bounds.split("-"))
            memory.seek(start)
            yield b"".join(read_region(memory, end - start))


def read_region(memory, left):
    while left > 0:
        try:
            piece = memory.read(min(CHUNK, left))
        except OSError:  # a mapping without memory behind it
            return
        if not piece:
            return
        left -= len(piece)
        yield piece


def holds_key(pid, traces):
    return any(trace in region for region in memory_of(pid) for trace in traces)


def places_of_key(tap, program, folder):
    name = "where the key is"
    if is_sanitized(program):
        tap.skip(name, "a sanitized program has too much memory to look through")
        return
    capsule.build(folder)
    for isolated in ("yes", "no"):
        ini = write_ini(folder, {"tls": {"isolate_key": isolated}, "server": {"workers": "2"}})
        with Server(program, ini) as server:
            keyrings = server.keyrings()
            traces = traces_of_key(os.path.join(folder, "certs/key.pem"))
            for _ in range(4):
                gemini.get(server.gemini, "/")
            server.signal(signal.SIGHUP)
            wait_until(lambda running=server: "reloaded" in running.complaints(), "a reload")
            wait_until(lambda running=server: len(running.workers()) == 2 and
                       len(running.keyrings()) == len(keyrings), "the former to end")
            gemini.get(server.gemini, "/")
            try:
                workers = [holds_key(pid, traces) for pid in server.workers()]
            except PermissionError:
                tap.skip(name, "no right to read other processes' memory")
                return
            keyrings = [holds_key(pid, traces) for pid in server.keyrings()]
            tap.ok(workers == [isolated == "no"] * 2,
                   f"isolate_key = {isolated}: workers hold it: {workers}")
            tap.ok(keyrings == ([True] if isolated == "yes" else []),
                   f"isolate_key = {isolated}: the keyring holds it: {keyrings}")
            tap.ok(not holds_key(server.process.pid, traces),
                   f"isolate_key = {isolated}: the supervisor does not hold it")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def life_of_a_keyring(tap, program, folder):
    capsule.build(folder)
    with Server(program, write_ini(folder, {"server": {"workers": "2"}})) as server:
        workers, [keyring] = server.workers(), server.keyrings()
        status = status_of(keyring)
        tap.ok(status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) == 0 and
               (is_sanitized(program) or status["Seccomp"] == "2"), "a keyring is confined", status)
        tap.ok(descriptors_of(keyring) == {"stream": 3, "line": 3},
               "it has its lines and the three standard streams only", descriptors_of(keyring))
        # each closes the line on which it said that it is ready a moment after saying so
        wait_until(lambda: len({len(os.listdir(f"/proc/{pid}/fd")) for pid in workers}) == 1,
                   "both workers to hold as much as each other")
        os.kill(keyring, signal.SIGTERM)  # as when everybody is told to end: workers need it
        answers = [gemini.get(server.gemini, "/about.gmi").status for _ in range(4)]
        tap.ok(answers == [20] * 4 and server.keyrings() == [keyring], "SIGTERM does not end it")
        lose_keyring(tap, server, keyring)
        tap.ok(server.workers() == workers, "no worker noticed", server.complaints())
        words = [line for line in server.complaints().splitlines() if "keyring" in line]
        tap.ok(words == ["inspir: the keyring was ended by signal 9"], "its end is in the log",
               server.complaints())
        reload_with_new_key(tap, server, folder)


def orphaned_keyring(tap, program, folder):
    capsule.build(folder)
    server = Server(program, write_ini(folder))
    pids = [*server.workers(), *server.keyrings()]
    server.process.kill()
    server.process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in pids), "all processes to end")
    tap.ok(len(pids) == 2, "without its supervisor no keyring goes on", pids)
    server.reader.join()
    server.process.stdout.close()


def descriptors_of(pid):
    """How many standard streams and how many sockets a process has open; and what else."""
    counts = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{name}")
        kind = "stream" if int(name) <= 2 else "line" if target.startswith("socket:") else target
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def lose_keyring(tap, server, keyring):
    """Transfers under way go on, and so do new readers, as soon as there is another one."""
    with gemini.Conversation(server.gemini) as conversation:
        conversation.send(b"gemini://localhost/big.txt\r\n")
        conversation.read_record()
        os.kill(keyring, signal.SIGKILL)
        [other] = wait_until(lambda: [pid for pid in server.keyrings() if pid != keyring],
                             "another keyring")
        rest = conversation.answer()
    tap.ok(rest.ending == "close_notify" and len(rest.raw) > capsule.BIG // 2,
           "a transfer goes on when the keyring dies", rest)
    answers = [gemini.get(server.gemini, "/about.gmi").status for _ in range(8)]
    tap.ok(answers == [20] * 8 and server.keyrings() == [other], "another one signs", answers)


def certificate_at(address, name="localhost"):
    """SHA-256 of the certificate that a client sees."""
    with gemini.Conversation(address, sni=name) as conversation:
        return hashlib.sha256(conversation.tls.getpeercert(binary_form=True)).hexdigest()


def other_than(former, now):
    return now if now != former else None


def reload_with_new_key(tap, server, folder):
    """A former worker with a reader keeps its keyring until he has gone."""
    [keyring] = server.keyrings()
    before = certificate_at(server.gemini)
    with gemini.Conversation(server.gemini) as held:
        held.send(b"gemini://localhost/big.txt\r\n")
        held.read_record()
        for name in ("cert.pem", "key.pem"):
            os.unlink(os.path.join(folder, "certs", name))
        server.signal(signal.SIGHUP)
        wait_until(lambda: "reloaded" in server.complaints(), "a reload")
        after = wait_until(lambda: other_than(before, certificate_at(server.gemini)), "a new key")
        tap.ok(is_alive(keyring), "the former keyring waits for its workers")
        rest = held.answer()
        tap.ok(rest.ending == "close_notify", "a reader of the former generation is served", rest)
    wait_until(lambda: keyring not in server.keyrings(), "the former keyring to end")
    tap.ok(len(server.keyrings()) == 1 and certificate_at(server.gemini) == after,
           "and then it ends")


def stuck_keyring(tap, program, folder):
    """A keyring that hangs holds up handshakes, and not for long; Gopher and transfers go on."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        [keyring] = server.keyrings()
        os.kill(keyring, signal.SIGSTOP)
        failures = []

        def meet():
            try:
                gemini.get(server.gemini, "/")
            except (ConnectionError, ssl.SSLError, OSError) as error:
                failures.append(error)

        readers = [threading.Thread(target=meet) for _ in range(12)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        tap.ok(len(failures) == 12, "handshakes end with an error when nobody signs", failures)
        with socket.create_connection(server.gopher, timeout=gemini.PATIENCE_S) as plain:
            plain.sendall(b"/about.txt\r\n")
            tap.ok(b"About" in gemini.read_all(plain)[0], "Gopher is served meanwhile")
        os.kill(keyring, signal.SIGCONT)
        tap.ok(wait_until(lambda: answers(server), "an answer"), "and all is well afterwards")


def answers(server):
    try:
        return gemini.get(server.gemini, "/about.gmi").status == 20
    except (ConnectionError, ssl.SSLError, OSError):
        return False


def hosts(tap, program, folder):
    """Each host shows its certificate; one request is for the host of its connection."""
    capsule.build(folder)
    pair = {"cert": "certs/alt-cert.pem", "key": "certs/alt-key.pem"}
    for isolated in ("yes", "no"):
        ini = write_ini(folder, {"host alt.localhost": pair, "tls": {"isolate_key": isolated}})
        with Server(program, ini) as server:
            seen = {name: certificate_at(server.gemini, name)
                    for name in ("localhost", "alt.localhost", "else.example", None)}
            tap.ok(seen["alt.localhost"] != seen["localhost"] == seen["else.example"] == seen[None],
                   f"isolate_key = {isolated}: each name has its certificate", seen)
            own = gemini.get(server.gemini, "/about.gmi", "alt.localhost")
            other = gemini.ask(server.gemini, b"gemini://localhost/about.gmi\r\n",
                               sni="alt.localhost")
            tap.ok((own.status, other.status) == (20, 53), "a connection is for its host", other)
    done = run(program, "check", "-c", ini)
    tap.ok(done.returncode == 0, "check finds nothing", done.stderr)
    capsule.write(os.path.join(folder, "certs/alt-key.pem"), "junk\n")
    done = run(program, "check", "-c", ini)
    tap.ok(done.returncode == 78 and "alt-key.pem" in done.stderr, "check names the bad key",
           f"{done.returncode} {done.stderr}")
    done = run(program, "serve", "-c", ini)
    tap.ok(done.returncode == 78 and "alt-key.pem" in done.stderr, "serve names it, too",
           f"{done.returncode} {done.stderr}")


def visit(address, name, session=None):
    """(whether the session went on, the session that the server gives)"""
    with gemini.connect(address) as tcp, \
            gemini.CONTEXT.wrap_socket(tcp, server_hostname=name, session=session) as tls:
        tls.sendall(f"gemini://{name}/about.gmi\r\n".encode())
        while tls.recv(4096):
            pass
        return tls.session_reused, tls.session


def sessions(tap, program, folder):
    """A ticket is good at every worker and after a reload, and at no other host."""
    capsule.build(folder)
    pair = {"cert": "certs/alt-cert.pem", "key": "certs/alt-key.pem"}
    ini = write_ini(folder, {"host alt.localhost": pair, "server": {"workers": "3"}})
    with Server(program, ini) as server:
        _, session = visit(server.gemini, "localhost")
        reused = [visit(server.gemini, "localhost", session)[0] for _ in range(12)]
        tap.ok(all(reused), "a ticket is good at every worker", reused)
        reused, _ = visit(server.gemini, "alt.localhost", session)
        tap.ok(not reused, "a ticket is no good at another host")
        before = server.workers()
        server.signal(signal.SIGHUP)
        wait_until(lambda: "reloaded" in server.complaints() and
                   not set(before) & set(server.workers()), "a reload")
        reused = [visit(server.gemini, "localhost", session)[0] for _ in range(6)]
        tap.ok(all(reused), "a ticket is good after a reload", reused)


NOBODY = 65534


def owner_of_the_index(tap, program, folder):
    """[server] user makes the index himself where he can; the supervisor has root's rights only to
    bind and to read keys."""
    if os.getuid() != 0:
        tap.skip("who makes the index", "only root becomes another")
        return
    root = capsule.build(folder, index=False)
    os.chmod(folder, 0o755)
    index = os.path.join(root, ".index.db")
    for owner in (0, NOBODY):
        os.chown(root, owner, owner)
        if os.path.exists(index):
            os.unlink(index)
        with Server(program, write_ini(folder, {"server": {"user": "nobody"}})) as server:
            answer = gemini.get(server.gemini, "/")
            tap.ok(answer.status == 20 and os.stat(index).st_uid == owner,
                   f"a folder of the user {owner}: its index is his", answer)


if __name__ == "__main__":
    main(places_of_key, life_of_a_keyring, orphaned_keyring, stuck_keyring, hosts, sessions,
         owner_of_the_index)

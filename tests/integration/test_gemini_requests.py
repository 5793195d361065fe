#!/usr/bin/env python3
"""Every row of the decision table for Gemini requests (PROTOCOL.md 1.2), and how a request is read
(1.1). Each row is sent in one record, byte by byte, and split at a place of its own."""

import concurrent.futures
import os
import random
import re
import socket

import capsule
import gemini
from server import Server, main, wait_until, write_ini

HOST = b"gemini://localhost"
PAGE = HOST + b"/dir/file.gmi"
URI_MAX = 1024        # bytes, CRLF excluded
PUBLIC_PORT = 1966    # [gemini] port of the fixture
AT_ONCE = 8           # conversations
FLOOD = 1 << 20       # bytes of a request that never ends


def uri_of(length):
    return HOST + b"/" + b"a" * (length - len(HOST) - 1)


# (row, what, request without CRLF, status). {bound} is the port that is really listened on.
ROWS = [
    ("R1", "1025 bytes", uri_of(URI_MAX + 1), 59),
    ("R1", "8192 bytes", uri_of(8192), 59),
    ("R1", "1025 bytes, most of them query", HOST + b"/?" + b"q" * (URI_MAX - len(HOST) - 1), 59),
    ("R2", "1024 bytes", uri_of(URI_MAX), 51),
    ("R3", "empty line", b"", 59),
    ("R4", "byte order mark", b"\xef\xbb\xbf" + HOST + b"/", 59),
    ("R5", "leading space", b" " + HOST + b"/", 59),
    ("R5", "trailing space", HOST + b"/ ", 59),
    ("R5", "space in the path", HOST + b"/a b.gmi", 59),
    ("R5", "space in the query", HOST + b"/dot.txt?two words", 20),
    ("R5", "space behind the query", HOST + b"/dot.txt?two ", 20),
    *[("R5", f"byte {byte:#04x}", PAGE + bytes([byte]) + b"x", 59)
      for byte in (0x00, 0x01, 0x09, 0x0a, 0x0b, 0x0d, 0x1b, 0x1f, 0x7f)],
    ("R5", "tab in the query", HOST + b"/dot.txt?a\tb", 59),
    *[("R6", f"raw {character}", HOST + b"/a" + character.encode() + b"b", 59)
      for character in '"<>\\^`{|}'],
    *[("R6", f"raw {character} in the query", HOST + b"/dot.txt?" + character.encode(), 59)
      for character in '"<>\\^`{|}'],
    *[("R7", f"bytes {bad.hex()} in the {where}", HOST + prefix + bad, 59)
      for bad in (b"\xff", b"\xdc", b"\xc0\xae", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3")
      for where, prefix in (("path", b"/"), ("query", b"/dot.txt?"))],
    ("R8", "raw letters in the path", HOST + "/été.gmi".encode(), 20),
    ("R8", "raw letters in the query", HOST + "/dot.txt?été".encode(), 20),
    ("R8", "raw letters in the host", "gemini://löcalhost/".encode(), 59),
    *[("R9", f"escape {escape.decode()}", HOST + b"/" + escape, 59)
      for escape in (b"%", b"%4", b"%zz", b"%2g", b"%-1", b"100%.gmi", b"dot.txt?%",
                     b"dot.txt?%g0")],
    ("R9", "bad escape in the host", b"gemini://local%zzhost/", 59),
    ("R10", "fragment", HOST + b"/dir/file.gmi#part", 59),
    ("R10", "empty fragment", HOST + b"/dir/file.gmi#", 59),
    ("R10", "fragment in the query", HOST + b"/dot.txt?a#b", 59),
    *[("R11", f"no scheme: {text.decode()}", text, 59)
      for text in (b"//localhost/", b"/", b"page.gmi", b"Hello Gemini!", b"localhost", b"?x",
                   b"GET / HTTP/1.0", b"://localhost/", b"1gemini://localhost/")],
    *[("R12", f"scheme {scheme.decode()}", scheme + b"://localhost/dir/file.gmi", 53)
      for scheme in (b"http", b"https", b"gopher", b"titan", b"gemin", b"geminis", b"a+b.c-1")],
    ("R12", "another scheme and host", b"https://example.org/", 53),
    *[("R13", f"no authority: {text.decode()}", text, 59)
      for text in (b"gemini:/dir/file.gmi", b"gemini:dir", b"mailto:a@b", b"localhost:1965/")],
    *[("R14", f"empty host: {text.decode()}", text, 59)
      for text in (b"gemini:///", b"gemini://", b"gemini://:1965/", b"gemini://?x")],
    *[("R15", f"user information: {text.decode()}", text, 59)
      for text in (b"gemini://u@localhost/", b"gemini://u:p@localhost/", b"gemini://@localhost/",
                   b"gemini://a@b@localhost/", b"gemini://%40@localhost/")],
    *[("R16", f"port {port.decode()}", HOST + b":" + port + b"/", 59)
      for port in (b"abc", b"65536", b"0", b"-1", b"+1", b"0x7ad", b"1" * 30, b"00")],
    ("R17", "empty port", HOST + b":/dir/file.gmi", 20),
    ("R18", "no port", PAGE, 20),
    ("R19", "escape in the host", b"gemini://%6cocalhost/", 59),
    *[("R20", f"host {host.decode()}", b"gemini://" + host + b"/", 53)
      for host in (b"example.org", b"localhost.", b"xlocalhost", b"localhost.example.org", b"[::1]",
                   b"[2001:db8::1]", b"2130706433")],
    ("R21", "the bound port", HOST + b":{bound}/dir/file.gmi", 20),
    ("R21", "the public port", HOST + b":%d/dir/file.gmi" % PUBLIC_PORT, 20),
    ("R21", "another port", HOST + b":1/dir/file.gmi", 53),
    ("R21", "the port after the bound one", HOST + b":65535/", 53),
    ("R22", "an address nobody listed", b"gemini://127.0.0.1/", 53),
    ("R22", "the same with its port", b"gemini://127.0.0.1:{bound}/", 53),
    ("R26", "%00", HOST + b"/%00", 59),
    ("R26", "%00 behind a name", HOST + b"/dir/file.gmi%00.txt", 59),
    *[("R27", f"climbs: {path.decode()}", HOST + path, 59)
      for path in (b"/..", b"/../", b"/../../", b"/%2e%2e/x", b"/a/../../x", b"/../outside.txt",
                   b"/dir/%2e%2e/%2E./outside.txt", b"/./.%2e/", b"//..//outside.txt")],
    *[("R28", f"stays inside: {path.decode()}", HOST + path, 20)
      for path in (b"/dir/../dir/file.gmi", b"/./dir/file.gmi", b"/dir/./file.gmi", b"/dir/.",
                   b"/dir/..", b"/a/b/../../dir/file.gmi", b"/dir/%2E/file.gmi")],
    *[("R29", f"encoded slash: {path.decode()}", HOST + path, 51)
      for path in (b"/dir%2Ffile.gmi", b"/%2f", b"/%2fetc%2fpasswd", b"/..%2Foutside.txt")],
    *[("R30", f"names nothing: {path.decode()}", HOST + path, 51)
      for path in (b"/%5C", b"/%FF", b"/%C0%AE", b"/%C0%AE%C0%AE/outside.txt", b"/..%5coutside.txt",
                   b"/%252e%252e/outside.txt")],
    ("R31", "escaped letters", HOST + b"/d%69r/f%69le%2Egm%69", 20),
    ("R31", "escaped, either case", HOST + b"/%c3%A9t%C3%a9.gmi", 20),
    ("R31", "escaped delimiters", HOST + b"/q%3F.gmi", 20),
    ("R31", "escaped percent sign", HOST + b"/100%25.gmi", 20),
    ("R31", "escaped space", HOST + b"/a%20b.gmi", 20),
    *[("R32", f"run of slashes: {path.decode()}", HOST + path, 20)
      for path in (b"//dir/file.gmi", b"/dir//file.gmi", b"///dir///file.gmi", b"//")],
    ("R33", "upper case", b"GEMINI://LOCALHOST/dir/file.gmi", 20),
    ("R33", "upper case path", HOST + b"/DIR/FILE.GMI", 51),
    ("R34", "empty path", HOST, 20),
    ("R34", "empty path and a query", HOST + b"?q", 20),
    ("R35", "folder without its slash", HOST + b"/dir", 31),
    ("R35", "the same and a query", HOST + b"/dir?x", 31),
    ("R36", "file with a slash", HOST + b"/dir/file.gmi/", 51),
    ("R37", "query on a file", PAGE + b"?anything=1&b", 20),
    ("R37", "empty query on a file", PAGE + b"?", 20),
    *[("R38", f"not served: {path.decode()}", HOST + path, 51)
      for path in (b"/.hidden", b"/.git/config", b"/.git/", b"/dir/.hidden", b"/link-out",
                   b"/link-abs", b"/link-dir-out/outside.txt", b"/link-dir-out/", b"/link-dangling",
                   b"/loop", b"/link-proc", b"/fifo", b"/sock", b"/nothing", b"/nothing/at/all",
                   b"/capsule-private/secret.txt", b"/.index.db", b"/.ledger.tsv", b"/secret.gmi",
                   b"/%2ehidden", b"/*")],
    ("R39", "bytes behind CRLF", PAGE + b"\r\nGARBAGE", 20),
    ("R39", "a second request", PAGE + b"\r\n" + HOST + b"/nothing\r\n", 20),
    ("R39", "a second request behind a bad one", b"\r\n" + PAGE, 59),
    ("R40", "an ordinary request", PAGE, 20),
]


def deliveries(request, chance):
    yield "whole", [request]
    yield "byte by byte", [request[i:i + 1] for i in range(len(request))]
    cut = chance.randrange(1, len(request)) if len(request) > 1 else 1
    yield f"split at {cut}", [request[:cut], request[cut:]]


def judge_row(address, row, chance):
    """What is wrong with the answers to a row."""
    name, what, request, status = row
    request = request.replace(b"{bound}", b"%d" % address[1]) + b"\r\n"
    faults, bodies = [], set()
    for delivery, pieces in deliveries(request, chance):
        answer = gemini.ask(address, *pieces)
        wrong = answer.faults()
        if answer.status != status:
            wrong.append(f"status {answer.status}, not {status}")
        if capsule.SENTINEL in answer.raw.decode("utf-8", "replace") or b"root:/" in answer.raw:
            wrong.append("the inside of a file that is not served")
        bodies.add(answer.raw)
        faults += [f"{name} {what}: {delivery}: {fault}: {answer!r}" for fault in wrong]
    if len(bodies) > 1:
        faults.append(f"{name} {what}: the answers differ with the delivery")
    return faults


def fixture(folder, changes=None):
    root = capsule.build(folder)
    secret = os.path.join(root, "secret.gmi")
    capsule.write(secret, capsule.SENTINEL)
    os.chmod(secret, 0)
    if os.getuid() == 0:  # nothing is unreadable to root
        os.unlink(secret)
    return write_ini(folder, changes or {"gemini": {"port": str(PUBLIC_PORT)}})


def decision_table(tap, program, folder):
    with Server(program, fixture(folder)) as server:
        before = server.workers()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            judged = [(row, pool.submit(judge_row, server.gemini, row, random.Random(number)))
                      for number, row in enumerate(ROWS)]
            for (name, what, _, status), faults in judged:
                found = faults.result()
                tap.ok(not found, f"{name} {what}: {status}", "\n".join(found))
        same_pages(tap, server)
        names_of_the_connection(tap, server)
        both_ports(tap, server)
        tap.ok(server.workers() == before, "the same workers afterwards")


def same_pages(tap, server):
    """Rows that promise the same bytes under another name."""
    for name, one, other in [("R31", "/dir/f%69le.gmi", "/dir/file.gmi"), ("R34", "", "/"),
                             ("R34", "?q", "/"), ("R32", "//dir//", "/dir/"),
                             ("R37", "/dot.txt?q", "/dot.txt"), ("R28", "/dir/..", "/")]:
        first, second = gemini.get(server.gemini, one), gemini.get(server.gemini, other)
        tap.ok(first.status == 20 and first.raw == second.raw,
               f"{name} {one or 'nothing'} is {other}", f"{first!r}\n{second!r}")
    port = server.gemini[1]
    folder = rf"gemini://localhost(:{PUBLIC_PORT})?/dir/"
    for asked, expected in [("/dir", folder), (f":{port}/dir", rf"gemini://localhost:{port}/dir/"),
                            (f":{PUBLIC_PORT}/dir", rf"gemini://localhost:{PUBLIC_PORT}/dir/"),
                            (":/dir//./", ""), ("//dir", folder), ("/./x/../dir", folder)]:
        answer = gemini.get(server.gemini, asked)
        right = (answer.status == 31 and re.fullmatch(expected, answer.meta)
                 if expected else answer.status == 20)
        tap.ok(bool(right), f"R35 {asked} leads to its folder", repr(answer))


def names_of_the_connection(tap, server):
    """R20 and R23 to R25: the name in the handshake and the one in the request."""
    for name, what, sni, host, status in [
            ("R20", "another host of ours", "alt.localhost", "alt.localhost", 20),
            ("R23", "the name of another host of ours", "alt.localhost", "localhost", 53),
            ("R23", "the same, the other way round", "localhost", "alt.localhost", 53),
            ("R23", "the same name, in upper case", "LOCALHOST", "localhost", 20),
            ("R24", "an unknown name", "unknown.example", "localhost", 53),
            ("R24", "an unknown name, asked for", "unknown.example", "unknown.example", 53),
            ("R25", "no name", None, "localhost", 20),
            ("R25", "no name, another host of ours", None, "alt.localhost", 20),
            ("R25", "no name, a foreign host", None, "example.org", 53)]:
        answer = gemini.ask(server.gemini, f"gemini://{host}/dir/file.gmi\r\n".encode(), sni=sni)
        tap.ok(answer.status == status and not answer.faults(), f"{name} {what}: {status}",
               f"{answer!r} {answer.faults()}")


def both_ports(tap, server):
    """R21: the ports of all listeners are ours, whichever the connection came in by."""
    for address in server.addresses["gemini"]:
        for _, port in server.addresses["gemini"]:
            answer = gemini.get(address, f":{port}/dir/file.gmi")
            tap.ok(answer.status == 20, f"R21 port of a listener, asked by way of {address[0]}",
                   repr(answer))


def listed_addresses(tap, program, folder):
    changes = {"gemini": {"host": "localhost, 127.0.0.1, ::1"}}
    with Server(program, fixture(folder, changes)) as server:
        for host in ("127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]"):
            for sni in (None, "localhost"):
                answer = gemini.ask(server.gemini, f"gemini://{host}/dir/file.gmi\r\n".encode(),
                                    sni=sni)
                status = 20 if sni is None else 53
                tap.ok(answer.status == status,
                       f"R22 {host} is listed, name in the handshake {sni}: {status}", repr(answer))


def reading(tap, program, folder):
    """PROTOCOL.md 1.1, with a deadline of 2 s for a request."""
    ini = fixture(folder, {"limits": {"request_s": "2"}})
    with Server(program, ini) as server:
        address = server.gemini
        for what, pieces, status in [
                ("1025 bytes without CR are answered at once", [uri_of(URI_MAX + 1)], 59),
                ("1024 bytes, CR and not LF are answered at once", [uri_of(URI_MAX) + b"\rx"], 59),
                ("1024 bytes, CR, then LF", [uri_of(URI_MAX) + b"\r", b"\n"], 51),
                ("CR and LF in records of their own", [PAGE, b"\r", b"\n"], 20),
                ("an LF inside, CRLF later", [HOST + b"/\n", b"\r\n"], 59),
                ("a CR inside, CRLF later", [HOST + b"/\r", b"\r\n"], 59),
                ("a flood without an end", [b"a" * 16384] * (FLOOD // 16384), 59),
                ("a flood behind a request", [PAGE + b"\r\n"] + [b"a" * 16384] * 8, 20)]:
            answer = gemini.ask(address, *pieces)
            tap.ok(answer.status == status and not answer.faults(), f"1.1 {what}: {status}",
                   f"{answer!r} {answer.faults()}")
        ended_requests(tap, address)
        silent_requests(tap, address)
        wait_until(lambda: gemini.get(address, "/").status == 20, "an answer after all that")


def ended_requests(tap, address):
    """1.1 step 4: the client stops before CRLF."""
    for what, sent, status in [("nothing", b"", None), ("a part of a request", PAGE, 59),
                               ("a CR at the end", PAGE + b"\r", 59)]:
        for how in ("close_notify", "FIN", "both"):
            with gemini.Conversation(address) as conversation:
                if sent:
                    conversation.send(sent)
                if how != "FIN":
                    conversation.close_notify()
                if how != "close_notify":
                    conversation.fin()
                answer = conversation.answer()
            tap.ok(answer.status == status and not answer.faults(),
                   f"1.1 {what}, then {how}: {status or 'no answer'}",
                   f"{answer!r} {answer.faults()}")


def silent_requests(tap, address):
    """1.1 step 5: no terminator, no answer; the deadline ends it."""
    def wait_for_end(sent):
        with gemini.Conversation(address) as conversation:
            if sent:
                conversation.send(sent)
            return conversation.answer()

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        rows = [("nothing", b""), ("half a request", HOST), ("a lone LF", PAGE + b"\n"),
                ("a lone CR", PAGE + b"\r")]
        for (what, _), answer in zip(rows, pool.map(wait_for_end, [sent for _, sent in rows])):
            tap.ok(answer.raw == b"" and answer.ending == "close_notify",
                   f"1.1 {what} until the deadline: no answer", repr(answer))


def dropped_connections(tap, program, folder):
    """Clients that open a connection, or finish a handshake, and go."""
    with Server(program, fixture(folder)) as server:
        before = server.workers()
        for _ in range(20):
            gemini.connect(server.gemini).close()
            with gemini.Conversation(server.gemini) as conversation:
                conversation.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                            b"\1\0\0\0\0\0\0\0")  # close() sends RST
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.status == 20 and server.workers() == before,
               "connections that are dropped leave the workers alone", repr(answer))


if __name__ == "__main__":
    main(decision_table, listed_addresses, reading, dropped_connections)

#!/usr/bin/env python3
"""What every Gemini answer looks like (PROTOCOL.md 2.1, 2.2) and how TLS is spoken (2.3)."""

import os
import re
import socket
import ssl
import stat
import subprocess

import capsule
import gemini
from server import PATIENCE_S, Server, main, run, wait_until, write_ini

PARAMETER = r'; ?[a-z]+=([a-zA-Z0-9_.+-]+|"[^"]+")'
MEDIA = re.compile(rf"[a-z]+/[a-z0-9.+-]+({PARAMETER})*")
LINE_BREAKERS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # Python's splitlines() breaks lines at these
BIG_FILE = 8 << 20  # bytes: more than the buffers between two processes hold

# Path of a file, its bytes, its media type without parameters.
FILES = [
    ("m/page.gmi", "# Page\n", "text/gemini"),
    ("m/page.gemini", "# Page\n", "text/gemini"),
    ("m/text.txt", "text\n", "text/plain"),
    ("m/latin.txt", b"caf\xe9\n", "text/plain"),
    ("m/note.md", "# Note\n", "text/markdown"),
    ("m/page.html", "<!DOCTYPE html><p>x", "text/html"),
    ("m/feed.atom", '<feed xmlns="http://www.w3.org/2005/Atom"/>', "application/atom+xml"),
    ("atom.xml", '<feed xmlns="http://www.w3.org/2005/Atom"/>', "application/atom+xml"),
    ("m/book.gpub", b"PK\x05\x06" + bytes(18), "application/gpub+zip"),
    ("m/picture.png", capsule.PNG, "image/png"),
    ("m/picture.JPG", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", "image/jpeg"),
    ("m/paper.pdf", b"%PDF-1.4\n", "application/pdf"),
    ("m/nameless", capsule.PNG, "image/png"),
    ("m/README", "Plain words, no ending.\n", "text/plain"),
    ("m/odd.zzz", b"\x80\x01\x02\xff\x00\x13\x37", "application/octet-stream"),
    ("robots.txt", "User-agent: *\nDisallow:\n", "text/plain"),
    ("favicon.txt", "🌿\n", "text/plain"),
]


def headers(tap, program, folder):
    """H1 to H8 and H10: an answer of each kind."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        for what, request, status in [
                ("page", "gemini://localhost/", 20), ("file", "gemini://localhost/dot.txt", 20),
                ("empty file", "gemini://localhost/empty.gmi", 20),
                ("redirect", "gemini://localhost/dir", 31),
                ("redirect of the longest request",
                 "gemini://localhost/" + "./" * 500 + "dir", 31),
                ("not found", "gemini://localhost/nothing", 51),
                ("foreign host", "gemini://example.org/", 53), ("no request", "hello", 59)]:
            answer = gemini.ask(server.gemini, request.encode() + b"\r\n")
            tap.ok(answer.status == status and not answer.faults(), f"H1-H6 header of a {what}",
                   f"{answer!r} {answer.faults()}")
            tap.ok(not re.search("[\x80-\x9f\ufeff\ufffd]", answer.meta), f"H3 META of a {what}",
                   answer.meta)
            end = answer.raw.find(b"\r\n") + 2
            tap.ok(answer.first_record[:end] == answer.raw[:end],
                   f"H10 header of a {what} is whole", repr(answer.first_record))
            tap.ok(not answer.body or len(answer.first_record) > end,
                   f"H10 {what} begins with its header", repr(answer.first_record))
        answer = gemini.get(server.gemini, "/dir/file.gmi")
        tap.ok(answer.first_record == answer.raw, "H10 a small page is one record")
        for path in ("/nothing/\x41%0d%0aX", "/%e2%80%ae", "/%1b%5b2J"):
            answer = gemini.get(server.gemini, path)
            tap.ok(answer.status in (51, 59) and not answer.faults(),
                   f"H3 {path} does not reach the header", repr(answer))


def media_types(tap, program, folder):
    """2.2, and L16: both families."""
    root = capsule.build(folder, index=False)
    for name, content, _ in FILES:
        capsule.write(os.path.join(root, name), content)
    with Server(program, write_ini(folder)) as server:
        for name, content, expected in FILES:
            answer = gemini.get(server.gemini, "/" + name)
            tap.ok(answer.status == 20 and answer.media_type == expected and
                   MEDIA.fullmatch(answer.meta), f"2.2 {name} is {expected}", repr(answer))
            sent = content.encode() if isinstance(content, str) else content
            tap.ok(answer.body == sent, f"2.2 {name} is sent byte for byte", repr(answer))
            tap.ok("lang=" not in answer.meta or expected == "text/gemini",
                   f"2.2 {name} has no language unless it is gemtext", answer.meta)
        for path, language in [("/2017/11/regen.gmi", "nl"), ("/2017/12/river.gmi", "bn"),
                               ("/2018/01/pay.gmi", "en")]:
            meta = gemini.get(server.gemini, path).meta
            tap.ok(re.search(rf"; ?lang={language}$|; ?lang={language};", meta),
                   f"2.2 {path} is in {language}", meta)
        meta = gemini.get(server.gemini, "/m/latin.txt").meta
        tap.ok("utf-8" not in meta.lower(), "2.2 text that is no UTF-8 does not claim it", meta)
        for family in server.addresses["gemini"]:
            answer = gemini.get(family, "/")
            tap.ok(answer.status == 20, f"L16 {family[0]} answers", repr(answer))
        home_page(tap, gemini.get(server.gemini, "/"))


def home_page(tap, answer):
    """2.2, last rule: what suites trip over."""
    text = answer.text
    tap.ok(answer.media_type == "text/gemini", "2.2 / is text/gemini", answer.meta)
    tap.ok(text.endswith("\n") and text.strip(), "2.2 / ends its last line", text[-80:])
    tap.ok("\r" not in text, "2.2 / has one kind of line ends")
    tap.ok(not any(mark in text for mark in LINE_BREAKERS), "2.2 / has no other line breaks")
    tap.ok(not text.startswith("\ufeff"), "2.2 / begins without a mark")


def endings(tap, program, folder):
    """L2 to L4 and H9: how connections end."""
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "huge.bin"), bytes(BIG_FILE))
    with Server(program, write_ini(folder, {"limits": {"stall_s": "2"}})) as server:
        before = server.workers()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            tls = gemini.context(version, version)
            for what in ("close_notify", "FIN", "both"):
                with gemini.Conversation(server.gemini, tls=tls) as conversation:
                    conversation.send(b"gemini://localhost/big.txt\r\n")
                    if what != "FIN":
                        conversation.close_notify()
                    if what != "close_notify":
                        conversation.fin()
                    answer = conversation.answer()
                tap.ok(len(answer.body) == capsule.BIG and not answer.faults(),
                       f"L3 {version.name}: all of 1 MiB after the client's {what}",
                       f"{answer!r} {answer.faults()}")
            answer = gemini.ask(server.gemini, b"gemini://localhost/huge.bin\r\n", tls=tls)
            tap.ok(answer.body == bytes(BIG_FILE) and not answer.faults(),
                   f"L2 {version.name}: close_notify after 8 MiB", f"{answer!r} {answer.faults()}")
        for _ in range(8):
            with gemini.Conversation(server.gemini) as conversation:
                conversation.send(b"gemini://localhost/huge.bin\r\n")
                conversation.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                            b"\1\0\0\0\0\0\0\0")  # close() sends RST
        answer = gemini.get(server.gemini, "/")
        tap.ok(answer.status == 20 and server.workers() == before,
               "L4 clients that break off do not matter to others", repr(answer))
        with gemini.Conversation(server.gemini) as conversation:
            conversation.send(b"gemini://localhost/huge.bin\r\n")
            conversation.read_record()
            wait_until(lambda: connections_of(before) == 0, "the server to give up a client")
            answer = conversation.answer()
        tap.ok(len(answer.raw) < BIG_FILE and answer.ending in ("eof", "reset"),
               "H9 a reader who stalls sees that the end is missing", repr(answer))


def connections_of(workers):
    """How many accepted TCP connections the workers hold."""
    sockets = {}
    for family in ("tcp", "tcp6"):
        with open(f"/proc/net/{family}", encoding="ascii") as file:
            sockets.update({row.split()[9]: row.split()[3] for row in list(file)[1:]})
    count = 0
    for pid in workers:
        for name in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{name}")
            inode = target[len("socket:["):-1] if target.startswith("socket:[") else ""
            count += sockets.get(inode) not in (None, "0A")  # 0A: listening
    return count


def s_client(server, *options, given=b""):
    """What openssl tells of a conversation."""
    host, port = server.gemini
    done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", *options],
                          input=given, capture_output=True, timeout=PATIENCE_S, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def versions(tap, program, folder):
    """L1 and L5 to L8, as another implementation sees them."""
    capsule.build(folder)
    with Server(program, write_ini(folder)) as server:
        name = ["-servername", "localhost"]
        for options, words, what in [
                (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "alert protocol version",
                 "L1 TLS 1.1 is refused"),
                (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], "handshake failure",
                 "L1 no suite without AEAD"),
                (["-tls1_2"], "Protocol  : TLSv1.2", "L1 TLS 1.2 is spoken"),
                (["-tls1_3"], "New, TLSv1.3", "L1 TLS 1.3 is spoken"),
                (["-tls1_2"], "Compression: NONE", "L8 no compression"),
                (["-alpn", "gemini,h2"], "No ALPN negotiated", "L7 ALPN is passed over"),
                ([], "No client certificate CA names sent", "L11 no authorities are named")]:
            output = s_client(server, *name, *options, given=b"gemini://localhost/\r\n")
            tap.ok(words in output, what, output)
        output = s_client(server, "-tls1_2", *name, given=b"R\n")
        tap.ok("no renegotiation" in output, "L8 no renegotiation", output)
        for data in (b"gemini://localhost/\r\n", b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-x\r\n",
                     b"\x17\x03\x03\0\x05hello", b"\n", b"\x80\x2e\x01\0\x02"):
            back, ending = gemini.plain(server.gemini, data)
            tap.ok(back == b"" and ending != "timeout", f"L6 plain {data[:12]!r} is not answered",
                   f"{back!r} {ending}")
        tap.ok(gemini.get(server.gemini, "/").status == 20, "L6 and the server serves on")


def resumption(tap, program, folder):
    """L9 and L10."""
    capsule.build(folder)
    saved = os.path.join(folder, "session.pem")
    request = b"gemini://localhost/\r\n"
    # s_client ends with its input unless told otherwise; tickets arrive with the answer.
    base = ["-servername", "localhost", "-ign_eof"]
    with Server(program, write_ini(folder, {"server": {"workers": "2"}})) as server:
        output = s_client(server, "-tls1_3", "-msg", *base, given=request)
        told = output.count("NewSessionTicket")
        tap.ok(told == 1, "L9 TLS 1.3: one ticket", f"{told} tickets")
        for version in ("-tls1_2", "-tls1_3"):
            s_client(server, version, "-sess_out", saved, *base, given=request)
            outputs = [s_client(server, version, "-sess_in", saved, *base, given=request)
                       for _ in range(8)]
            tap.ok(all("Reused, TLSv1" in output and "20 text/gemini" in output
                       for output in outputs), f"L9 {version}: each worker takes a ticket",
                   outputs[-1])
        early = os.path.join(folder, "early")
        capsule.write(early, request)
        output = s_client(server, "-tls1_3", "-sess_in", saved, "-early_data", early, *base,
                          given=request)
        tap.ok("Early data was not sent" in output or "Early data was rejected" in output,
               "L10 early data is not taken", output)


def openssl_text(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    return done.stdout + done.stderr


def certificate(tap, program, folder):
    """L15: what is made at the first start, and that it stays."""
    capsule.build(folder)
    ini = write_ini(folder)
    paths = [os.path.join(folder, "certs", name) for name in ("cert.pem", "key.pem")]
    with Server(program, ini):
        made = [read(path) for path in paths]
        times = [os.stat(path).st_mtime_ns for path in paths]
    text = openssl_text("x509", "-in", paths[0], "-noout", "-text")
    for what, pattern in [
            ("P-256", "NIST CURVE: P-256"), ("for localhost", r"DNS:localhost\b"),
            ("for the other host", "DNS:alt.localhost"), ("named", "Subject: CN = localhost"),
            ("signed with SHA-256", "ecdsa-with-SHA256"),
            ("valid as long as can be", r"Not After : Dec 31 23:59:59 9999")]:
        tap.ok(re.search(pattern, text), f"L15 the certificate is {what}", text)
    tap.ok("IP Address" not in text, "L15 the certificate names no address", text)
    output = openssl_text("verify", "-CAfile", paths[0], "-verify_hostname", "localhost", paths[0])
    tap.ok(output.strip().endswith("OK"), "L15 the certificate signs itself and is in time", output)
    tap.ok(len(made[0]) < 900, "L15 the certificate is small", f"{len(made[0])} bytes")
    mode = stat.S_IMODE(os.stat(paths[1]).st_mode)
    tap.ok(mode == 0o600, "L15 nobody else reads the key", oct(mode))
    with Server(program, ini):
        pass
    tap.ok([read(path) for path in paths] == made and
           [os.stat(path).st_mtime_ns for path in paths] == times,
           "L15 a restart leaves both alone")
    os.unlink(paths[0])
    with Server(program, ini) as server:
        tap.ok(read(paths[1]) == made[1] and gemini.get(server.gemini, "/").status == 20,
               "L15 a new certificate keeps the key")
    os.unlink(paths[1])
    done = run(program, "serve", "-c", ini)
    tap.ok(done.returncode != 0 and "key.pem" in done.stderr and not os.path.exists(paths[1]),
           "L15 a certificate without its key is an error", f"{done.returncode} {done.stderr}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main(headers, media_types, endings, versions, resumption, certificate)

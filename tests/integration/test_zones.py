#!/usr/bin/env python3
"""Zones and the certificates of readers (PROTOCOL.md L11 to L13), and that no other spelling of a
path, and no other protocol, leads into one."""

import hashlib
import os
import ssl
import subprocess

import capsule
import gemini
import gopher
from server import PATIENCE_S, Server, main, run, write_ini

SECRET = "# For some\n"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], capture_output=True, timeout=PATIENCE_S, check=True)


def make_certificate(folder, name, days="30"):
    """A self-signed certificate with its key in one file; a negative number of days is over."""
    key, request, path = (os.path.join(folder, name + end) for end in (".key", ".csr", ".pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-signkey", key, "-days", days, "-out", path)
    return path, key


def fingerprint(path):
    with open(path, encoding="ascii") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def reader(pair, version):
    """How a reader with this certificate, or with none, speaks TLS."""
    tls = gemini.context(version, version)
    if pair:
        tls.load_cert_chain(*pair)
    return tls


def zones(tap, program, folder):
    root = capsule.build(folder)
    for name in ("any/x.gmi", "some/x.gmi", "some/deep/x.gmi", "some-not/x.gmi", "some.gmi"):
        capsule.write(os.path.join(root, name), SECRET)
    one = make_certificate(folder, "one")
    other = make_certificate(folder, "other")
    over = make_certificate(folder, "over", "-1")
    ini = write_ini(folder, {"zone /any/": {"require": "any"},
                             "zone /some/": {"require": fingerprint(one[0])}})
    with Server(program, ini) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for who, pair, path, status in [
                    ("nobody", None, "/any/x.gmi", 60), ("somebody", other, "/any/x.gmi", 20),
                    ("the right one", one, "/some/x.gmi", 20),
                    ("the right one", one, "/some/deep/x.gmi", 20),
                    ("another", other, "/some/x.gmi", 61), ("another", other, "/some", 61),
                    ("nobody", None, "/some/x.gmi", 60), ("nobody", None, "/some/", 60),
                    ("nobody", None, "/some/nothing", 60),
                    ("who is out of date", over, "/any/x.gmi", 62),
                    ("who is out of date", over, "/dir/file.gmi", 20),
                    ("nobody", None, "/some-not/x.gmi", 20), ("nobody", None, "/some.gmi", 20)]:
                answer = gemini.ask(server.gemini, f"gemini://localhost{path}\r\n".encode(),
                                    tls=reader(pair, version))
                tap.ok(answer.status == status and not answer.faults(),
                       f"L12 {version.name}: {path} for {who}: {status}",
                       f"{answer!r} {answer.faults()}")
        no_way_round(tap, server, reader(one, ssl.TLSVersion.TLSv1_3))


def no_way_round(tap, server, known):
    """known: how the reader speaks who may see the zones on Gemini."""
    for path in ("/dir/../some/x.gmi", "/%73ome/x.gmi", "//some/x.gmi", "/./some//x.gmi",
                 "/some/../some/x.gmi", "/SOME/x.gmi", "/some%2Fx.gmi", "/some/%2e/x.gmi"):
        answer = gemini.get(server.gemini, path)
        tap.ok(answer.status in (60, 51) and not answer.body, f"L13 no way in by {path}",
               repr(answer))
    for selector in ("/some/x.gmi", "/some/x.txt", "some/x.gmi", "0/some/x.gmi", "/%73ome/x.gmi",
                     "/dir/../some/x.gmi", "//some/x.gmi", "/any/x.gmi"):
        answer = gopher.get(server.gopher, selector)
        tap.ok(gopher.is_error(answer), f"5.3 no way in by Gopher's {selector}", repr(answer))
        answer = gemini.ask(server.gopher, selector.encode() + b"\r\n", tls=known).raw
        tap.ok(gopher.is_error(answer), f"5.3 nor inside TLS, with a certificate: {selector}",
               repr(answer))


def bad_zones(tap, program, folder):
    """A zone that would protect nothing is refused."""
    capsule.build(folder)
    for what, section, keys in [
            ("no certificate is asked for", "zone /some/", {}),
            ("no fingerprint", "zone /some/", {"require": "abc"}),
            ("no folder", "zone /some", {"require": "any"}),
            ("an encoded name", "zone /%73ome/", {"require": "any"})]:
        done = run(program, "check", "-c", write_ini(folder, {section: keys}))
        tap.ok(done.returncode == 78 and "inspir.ini:" in done.stderr, f"{what}: 78",
               f"{done.returncode} {done.stderr}")


if __name__ == "__main__":
    main(zones, bad_zones)

#!/usr/bin/env python3
"""A web server that answers as it is told, for tests of what is brought from the web.

In Python: with WebServer() as web: web.add("/a", body=b"..."); web.origin; web.requests()

As a program it takes orders from standard input, one a line, and answers each with one line; fields
are separated by a tab and percent-encoded. It ends when standard input does:

    (start)                                       ready PORT
    add PATH STATUS HEADERS FLAGS BODY            done
    forget PATH                                   done
    requests                                      REQUEST REQUEST ... (and forgets them)

Each request for a path takes the next of its answers; the last one stays. HEADERS are lines. FLAGS
are words: gzip, chunked, truncate=N (bytes of the body, then the connection ends), drop (no
answer), hold (headers, then nothing until the client goes), endless (a body without end), always (a
200 also where a 304 would do). {origin} in headers and bodies stands for http://127.0.0.1:PORT.
"""

import gzip
import http.server
import socketserver
import sys
import threading
import urllib.parse

ENDLESS_CHUNK = b"x" * 65536


class Answer:
    """What one request gets."""

    def __init__(self, status=200, headers="", flags="", body=b""):
        self.status = status
        self.headers = headers
        self.flags = dict(flag.partition("=")[::2] for flag in flags.split())
        self.body = body


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection; its server holds the answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        answer = self.server.take(self)
        if "drop" in answer.flags:
            self.close_connection = True
            return
        origin = self.server.origin
        fields = [line.partition(": ")[::2]
                  for line in answer.headers.replace("{origin}", origin).splitlines()]
        body = answer.body.replace(b"{origin}", origin.encode())
        status = answer.status
        if "always" not in answer.flags and self.is_known(dict(fields)):
            status, body = 304, b""
        if "gzip" in answer.flags and body:
            body = gzip.compress(body, mtime=0)
            fields.append(("Content-Encoding", "gzip"))
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_body(answer.flags, status, body)

    def is_known(self, fields):
        """Whether the client has what it would get, by RFC 9110 13.2.2."""
        if "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == fields.get("ETag")
        return ("If-Modified-Since" in self.headers
                and self.headers["If-Modified-Since"] == fields.get("Last-Modified"))

    def send_body(self, flags, status, body):
        if "hold" in flags or "endless" in flags:
            self.close_connection = True
            self.end_headers()
            self.wfile.flush()
            if "hold" in flags:
                self.rfile.read(1)  # nothing comes but the end
            while "endless" in flags:
                self.wfile.write(ENDLESS_CHUNK)
        part = body[:int(flags["truncate"])] if "truncate" in flags else body
        self.close_connection |= part != body
        if "chunked" in flags:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(f"{len(body):x}\r\n".encode() + part)
            if part == body:
                self.wfile.write(b"\r\n0\r\n\r\n")
            return
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(part)

    def version_string(self):
        return "tests"

    def log_message(self, *_):
        """Says nothing: standard output belongs to the test."""


class WebServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Listens on a port of 127.0.0.1 that was free."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.lock = threading.Lock()
        self.answers = {}
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def add(self, path, status=200, headers="", flags="", body=b""):
        with self.lock:
            self.answers.setdefault(path, []).append(Answer(status, headers, flags, body))

    def forget(self, path):
        with self.lock:
            self.answers.pop(path, None)

    def take(self, request):
        """The next answer for a request, which is remembered."""
        with self.lock:
            line = f"{request.command} {request.path}"
            for name in ("If-None-Match", "If-Modified-Since"):
                if name in request.headers:
                    line += f"\n{name}: {request.headers[name]}"
            self.seen.append(line)
            waiting = self.answers.get(request.path)
            if not waiting:
                return Answer(404, body=b"nothing here")
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def requests(self):
        """What was asked since the last time: the request line, then its conditions."""
        with self.lock:
            seen, self.seen = self.seen, []
        return seen

    def handle_error(self, request, client_address):
        """Clients that go away early are what some tests are about."""


def obey(web, line):
    """Does what one line of standard input says; returns the line to answer with."""
    order, *fields = [urllib.parse.unquote_to_bytes(field) for field in line.split("\t")]
    if order == b"add":
        path, status, headers, flags, body = fields
        web.add(path.decode(), int(status), headers.decode(), flags.decode(), body)
        return "done"
    if order == b"forget":
        web.forget(fields[0].decode())
        return "done"
    assert order == b"requests", order
    return "\t".join(urllib.parse.quote(seen) for seen in web.requests())


def main():
    with WebServer() as web:
        print(f"ready {web.server_port}", flush=True)
        for line in sys.stdin:
            print(obey(web, line.rstrip("\n")), flush=True)


if __name__ == "__main__":
    main()

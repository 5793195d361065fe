"""A Gemini client that can do what no decent client does: dribble, close early, lie about names."""

import re
import socket
import ssl
import time

PATIENCE_S = 30  # for one conversation, on a busy machine
HEADER = re.compile(rb"([1-6][0-9])( [^\x00-\x1f\x7f]*)?\r\n")
CODES = {10, 11, 20, 30, 31, 40, 41, 42, 43, 44, 50, 51, 52, 53, 59, 60, 61, 62}
META_MAX = 1024  # bytes


class Answer:
    """What came, and how the connection ended: "close_notify", "eof", "reset" or "timeout"."""

    def __init__(self, raw, ending, first_record=b"", finished=False):
        self.raw = raw
        self.ending = ending
        self.first_record = first_record
        self.finished = finished  # the server's FIN came after its close_notify
        header = HEADER.match(raw)
        self.status = int(header.group(1)) if header else None
        self.meta = (header.group(2) or b"")[1:].decode("utf-8", "replace") if header else ""
        self.body = raw[header.end():] if header else b""

    @property
    def text(self):
        return self.body.decode()

    @property
    def media_type(self):
        return self.meta.split(";")[0].strip()

    def __repr__(self):
        return (f"<{self.status} {self.meta!r} {len(self.body)} bytes {self.raw[:80]!r} "
                f"{self.ending}>")

    def faults(self):
        """What is wrong with any answer, whatever was asked."""
        if not self.raw:
            return [] if self.ending == "close_notify" else [f"no answer, {self.ending}"]
        faults = []
        if self.status not in CODES:
            faults.append(f"no header of the grammar: {self.raw[:60]!r}")
        if len(self.meta.encode()) > META_MAX:
            faults.append("a META too long")
        if not self.meta or self.meta.startswith(" "):
            faults.append(f"META is {self.meta!r}")
        if self.body and self.status != 20:
            faults.append("a body after a header without one")
        if self.ending != "close_notify" or not self.finished:
            faults.append(f"ended by {self.ending}, FIN {self.finished}")
        return faults


def context(lowest=ssl.TLSVersion.TLSv1_2, highest=ssl.TLSVersion.TLSv1_3):
    """Trusts whoever answers, as readers do at first use."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    trusting.minimum_version = lowest
    trusting.maximum_version = highest
    return trusting


CONTEXT = context()


def connect(address, source=None):
    """A TCP connection to (host, port) that sends what it is given at once; source: from where."""
    tcp = socket.create_connection(address, PATIENCE_S, (source, 0) if source else None)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tcp


class Conversation:
    """One TLS connection, record by record. Ends with `close`, or use it in a with statement."""

    def __init__(self, address, sni="localhost", tls=CONTEXT, source=None):
        self.deadline = time.monotonic() + PATIENCE_S
        self.tcp = connect(address, source)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls.wrap_bio(self.incoming, self.outgoing, server_hostname=sni)
        self.broken = None  # how the connection ended, once it has
        while not self._try(self.tls.do_handshake):
            self._receive()
            if self.broken:
                raise ConnectionError(f"handshake: {self.broken}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _try(self, action):
        """True when the action needs no more input; whatever it wrote goes out."""
        try:
            action()
            return True
        except ssl.SSLWantReadError:
            return False
        finally:
            self._flush()

    def _flush(self):
        if not self.outgoing.pending:
            return
        try:
            self.tcp.sendall(self.outgoing.read())
        except OSError:  # the server has closed; what it said first can still be read
            pass

    def _receive(self):
        self.tcp.settimeout(max(0.01, self.deadline - time.monotonic()))
        try:
            data = self.tcp.recv(65536)
        except TimeoutError:
            self.broken = "timeout"
        except OSError:
            self.broken = "reset"
        else:
            if data:
                self.incoming.write(data)
            else:
                self.broken = "eof"

    def send(self, *pieces):
        """Each piece in a record of its own."""
        for piece in pieces:
            self.tls.write(piece)
            self._flush()

    def close_notify(self):
        """Says that nothing more will come, as TLS does it."""
        self._try(self.tls.unwrap)

    def fin(self):
        """Says so as TCP does it."""
        self.tcp.shutdown(socket.SHUT_WR)

    def read_record(self):
        """The content of the next record, b"" at the end; `broken` tells which end it was."""
        while self.broken is None:
            try:
                data = self.tls.read(65536)
            except ssl.SSLWantReadError:
                self._receive()
                continue
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLError as error:
                data, self.broken = b"", f"alert {error.reason}"
            if data:
                return data
            self.broken = self.broken or "close_notify"
        return b""

    def answer(self):
        """Everything until the end."""
        first = data = self.read_record()
        parts = []
        while data:
            parts.append(data)
            data = self.read_record()
        return Answer(b"".join(parts), self.broken, first,
                      self.broken == "close_notify" and self._sees_fin())

    def _sees_fin(self):
        self.broken = None
        while self.broken is None:
            self._receive()
        finished, self.broken = self.broken == "eof", "close_notify"
        return finished

    def close(self):
        self.tcp.close()


def ask(address, *pieces, **options):
    """Sends the pieces, each in its record, and reads everything."""
    with Conversation(address, **options) as conversation:
        conversation.send(*pieces)
        return conversation.answer()


def get(address, path, host="localhost"):
    """The answer to a plain request of a path."""
    return ask(address, f"gemini://{host}{path}\r\n".encode(), sni=host)


def plain(address, data):
    """What comes back on the TLS port without TLS."""
    with connect(address) as tcp:
        tcp.sendall(data)
        return read_all(tcp)


def read_all(tcp):
    """(bytes, ending) of a TCP connection: "eof", "reset" or "timeout"."""
    parts = []
    while True:
        try:
            data = tcp.recv(65536)
        except TimeoutError:
            return b"".join(parts), "timeout"
        except OSError:
            return b"".join(parts), "reset"
        if not data:
            return b"".join(parts), "eof"
        parts.append(data)

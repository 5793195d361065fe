"""Clients that begin something and never go on, by the thousand, and what they cost a server."""

import select
import selectors
import socket
import ssl
import time

from gemini import CONTEXT

BODY = "/big.txt"
PATIENCE_S = 120   # for all of a crowd to get where it stops, on a busy machine
PER_NETWORK = 40   # connections from one /24
STEP = 10
LISTENING, NO_PROCESS = "0A", "0"  # states and inodes in /proc/net/tcp
RECEIVE_BUFFER = 8192  # bytes that the system takes for a client that reads nothing
KIND_NAMES = ("silent", "half a ClientHello", "half a request", "stopped reader")
SILENT, HALF_HELLO, HALF_REQUEST, STOPPED = range(len(KIND_NAMES))


def source(number):
    """The address of a client in 127.0.0.0/8, in another /24 for each PER_NETWORK of them."""
    network, host = divmod(number, PER_NETWORK)
    return f"127.{1 + network // 256}.{network % 256}.{1 + host}"


class Client:
    """One connection on its way to where it stops. `arrived`: it has stopped there."""

    def __init__(self, address, kind, number):
        self.kind = kind
        self.arrived = False
        self.tcp = socket.socket()
        self.tcp.setblocking(False)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.tcp.bind((source(number), 0))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = None
        if kind != SILENT:
            self.tls = CONTEXT.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.tcp.connect_ex(address)

    def go_on(self):
        """Called when the socket is ready; goes as far as it can."""
        if self.kind == SILENT:
            self.tcp.getpeername()
            self.stop()
        elif self.kind == HALF_HELLO:
            self._handshake()
            hello = self.outgoing.read()
            self.tcp.send(hello[:len(hello) // 2])
            self.stop()
        elif self._receive_and_handshake():
            whole = f"gemini://localhost{BODY}\r\n".encode()
            self.tls.write(whole if self.kind == STOPPED else whole[:len(whole) // 2])
            self._flush()
            self.stop()

    def _receive_and_handshake(self):
        try:
            data = self.tcp.recv(65536)
            if not data:
                raise ConnectionError("the server closed during a handshake")
            self.incoming.write(data)
        except BlockingIOError:  # at the beginning
            pass
        return self._handshake()

    def _handshake(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            if self.kind != HALF_HELLO:
                self._flush()
            return False
        self._flush()
        return True

    def _flush(self):
        if self.outgoing.pending:
            self.tcp.send(self.outgoing.read())

    def stop(self):
        """It is where it wants to be, and never goes on."""
        self.arrived = True
        self.tls = self.incoming = self.outgoing = None  # they would take their room here, too

    def close(self):
        self.tcp.close()


class Crowd:
    """Stalled clients of the given kinds in turn. Use it in a with statement. Who is patient does
    not expect to be ended by the server before it has stopped."""

    def __init__(self, address, count, kinds=range(len(KIND_NAMES)), patient=True):
        self.clients = []
        self.patient = patient
        kinds = list(kinds)
        with selectors.DefaultSelector() as selector:
            waiting = 0
            deadline = time.monotonic() + PATIENCE_S
            while waiting or len(self.clients) < count:
                while waiting < STEP and len(self.clients) < count:
                    number = len(self.clients)
                    client = Client(address, kinds[number % len(kinds)], number)
                    self.clients.append(client)
                    selector.register(client.tcp, selectors.EVENT_WRITE, client)
                    waiting += 1
                if time.monotonic() > deadline:
                    raise AssertionError(f"{waiting} of {count} clients did not get anywhere")
                for key, _ in selector.select(1):
                    self._go_on(key.data)
                    if key.data.arrived:
                        selector.unregister(key.fileobj)
                        waiting -= 1
                    elif key.events != selectors.EVENT_READ:
                        selector.modify(key.fileobj, selectors.EVENT_READ, key.data)

    def _go_on(self, client):
        try:
            client.go_on()
        except OSError:
            if self.patient:
                raise
            client.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def watch(self, patience_s):
        """Waits until the server has ended every connection; returns the seconds after which each
        was, by kind. Those that were not are left out."""
        began = time.monotonic()
        seconds = [[] for _ in KIND_NAMES]
        by_fd = {client.tcp.fileno(): client for client in self.clients}
        with select.epoll() as poll:
            for fd in by_fd:
                poll.register(fd, select.EPOLLRDHUP)  # and hang-ups, and errors
            while by_fd and time.monotonic() < began + patience_s:
                for fd, _ in poll.poll(1):
                    poll.unregister(fd)
                    seconds[by_fd.pop(fd).kind].append(time.monotonic() - began)
        return seconds


def memory(pids):
    """Bytes of the processes' own memory that is in use."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        total += int(fields["RssAnon"].split()[0]) * 1024
    return total


def connections(*addresses):
    """How many connections at these addresses (of version 4) of a server belong to a process."""
    ours = {f"{int.from_bytes(socket.inet_aton(host), 'little'):08X}:{port:04X}"
            for host, port in addresses}
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [row.split() for row in file]
    return sum(row[1] in ours and row[3] != LISTENING and row[9] != NO_PROCESS for row in rows)

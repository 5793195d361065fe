"""Clients that begin something and never go on, by the thousand, and what they cost a server."""

import os
import selectors
import socket
import ssl
import time

from gemini import CONTEXT

BODY = "/big.txt"
PATIENCE_S = 120   # for all of a crowd to get where it stops, on a busy machine
PER_NETWORK = 40   # connections from one /24
STEP = 10
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
        self.ended = False
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
        elif self._receive() and self._handshake():
            whole = f"gemini://localhost{BODY}\r\n".encode()
            self.tls.write(whole if self.kind == STOPPED else whole[:len(whole) // 2])
            self._flush()
            self.stop()

    def _receive(self):
        try:
            data = self.tcp.recv(65536)
        except BlockingIOError:
            return True
        if not data:
            raise ConnectionError("the server closed during the handshake")
        self.incoming.write(data)
        return True

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
        self.arrived = True
        self.tls = self.incoming = self.outgoing = None  # 5,000 of them take their room here, too

    def close(self):
        self.tcp.close()


class Crowd:
    """Stalled clients of the given kinds in turn. Use it in a with statement."""

    def __init__(self, address, count, kinds=range(len(KIND_NAMES))):
        self.clients = []
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
                    key.data.go_on()
                    if key.data.arrived:
                        selector.unregister(key.fileobj)
                        waiting -= 1
                    elif key.events != selectors.EVENT_READ:
                        selector.modify(key.fileobj, selectors.EVENT_READ, key.data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def drain(self, patience_s):
        """Waits until the server has ended every connection; returns the seconds after which each
        has, by kind. Those that have not are left out."""
        began = time.monotonic()
        seconds = [[] for _ in KIND_NAMES]
        poll = select_poll(self.clients)
        left = len(self.clients)
        while left and time.monotonic() < began + patience_s:
            for client in poll(1):
                client.ended = True
                seconds[client.kind].append(time.monotonic() - began)
                left -= 1
        return seconds


def select_poll(clients):
    """A function that gives the clients whose connection has ended since it was called last. Only
    a stopped reader does not read what the server still sends."""
    import select  # the only user of epoll's edges
    epoll = select.epoll()
    by_fd = {client.tcp.fileno(): client for client in clients}
    for fd in by_fd:
        epoll.register(fd, select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR)

    def poll(seconds):
        ended = []
        for fd, _ in epoll.poll(seconds):
            epoll.unregister(fd)
            ended.append(by_fd[fd])
        return ended
    return poll


def memory(pids):
    """Bytes of the processes' own memory that is in use."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        total += int(fields["RssAnon"].split()[0]) * 1024
    return total


def descriptors(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)

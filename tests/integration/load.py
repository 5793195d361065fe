"""Readers that ask over and over, so that something is under way whatever is done to the server."""

import threading

import gemini
import gopher

CLIENTS = 16
PAGES = {"/about.gmi": 20, "/": 20, "/label/work/": 20, "/2017/11/": 20, "/2016/02/wages.gmi": 20,
         "/nothing": 51}


class Load:
    """Half of the clients speak Gemini, half Gopher, as long as the with statement lasts."""

    def __init__(self, server, clients=CLIENTS):
        self.server = server
        self.failures = []  # (the client's port, what went wrong)
        self.counts = [0] * clients
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=(number,))
                         for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self):
        return sum(self.counts)

    def have_all_asked(self, since):
        """Whether each client has begun a conversation, and ended it, after that copy of `counts`
        was made."""
        return all(now > before + 1 for now, before in zip(self.counts, since))

    def told(self):
        """Some of the failures."""
        return "\n".join(f"{port}: {fault}" for port, fault in self.failures[:10])

    def _ask_on(self, number):
        ask, address = ((ask_gopher, self.server.gopher) if number % 2 else
                        (ask_gemini, self.server.gemini))
        while not self._stop.is_set():
            page = list(PAGES)[(number + self.counts[number]) % len(PAGES)]
            port = None
            try:
                with gemini.connect(address) as tcp:
                    port = tcp.getsockname()[1]
                    fault = ask(tcp, page)
            except OSError as error:
                fault = repr(error)
            if fault:
                self.failures.append((port, f"client {number}, {page}: {fault}"))
            self.counts[number] += 1


def ask_gemini(tcp, page):
    """What is wrong with the answer."""
    parts = []
    with gemini.CONTEXT.wrap_socket(tcp, server_hostname="localhost",
                                    suppress_ragged_eofs=False) as tls:
        tls.sendall(f"gemini://localhost{page}\r\n".encode())
        while parts[-1:] != [b""]:
            parts.append(tls.recv(65536))
    answer = gemini.Answer(b"".join(parts), "close_notify", finished=True)
    return repr(answer) if answer.faults() or answer.status != PAGES[page] else None


def ask_gopher(tcp, page):
    tcp.sendall(page.encode() + b"\r\n")
    answer, ending = gemini.read_all(tcp)
    is_whole = ending == "eof" and answer and gopher.is_error(answer) == (PAGES[page] == 51)
    return None if is_whole else f"{answer[:80]!r} {ending}"

"""A Gopher client, and what every answer of ours must look like."""

import re
import socket

from gemini import connect, read_all

MENU_LINE = re.compile(rb"[0-9+TgIhispd;M][^\t\x00-\x1f\x7f]*\t[^\t\x00-\x1f\x7f]*"
                       rb"\t[^\t\x00-\x1f\x7f ]+\t[0-9]{1,5}")
SELECTOR_MAX = 255  # bytes, RFC 1436
ALERT = re.compile(rb"\x15\x03[\x01-\x03]\x00\x02\x02.", re.S)  # 8446 6: fatal, in the clear


class Item:
    """One line of a menu."""

    def __init__(self, line):
        self.type = line[:1].decode()
        self.text, self.selector, self.host, self.port = line[1:].decode().split("\t")

    def __repr__(self):
        return f"{self.type}{self.text}|{self.selector}|{self.host}:{self.port}"


def ask(address, *pieces, ended=False):
    """Sends the pieces, each in a packet of its own as far as TCP allows; (bytes, ending)."""
    with connect(address) as tcp:
        try:
            for piece in pieces:
                tcp.sendall(piece)
            if ended:
                tcp.shutdown(socket.SHUT_WR)
        except OSError:  # the server has closed; what it said first can still be read
            pass
        return read_all(tcp)


def get(address, selector):
    """The bytes of an ordinary answer."""
    answer, ending = ask(address, selector.encode() + b"\r\n")
    assert ending == "eof", f"{selector}: the connection ended by {ending}"
    return answer


def menu_faults(answer):
    """What is wrong with a menu (m1, m2, m11)."""
    if not answer.endswith(b"\r\n.\r\n") and answer != b".\r\n":
        return [f"no end of a menu: {answer[-60:]!r}"]
    faults = []
    for line in answer[:-3].split(b"\r\n")[:-1]:
        if not MENU_LINE.fullmatch(line):
            faults.append(f"no menu line: {line!r}")
        elif len(line.split(b"\t")[1]) > SELECTOR_MAX:
            faults.append(f"a selector too long: {line!r}")
    return faults


def is_menu(answer):
    return not menu_faults(answer) and not is_error(answer)


def is_error(answer):
    """One line of type 3 and the end (g22)."""
    return (re.fullmatch(rb"3[^\t\r\n]+\t\terror\.host\t1\r\n\.\r\n", answer) is not None
            and not menu_faults(answer))


def is_close(answer):
    """Nothing, or what TLS says in place of it to a handshake that is none."""
    return answer == b"" or ALERT.fullmatch(answer) is not None


def is_text(answer):
    """Lines that end with CRLF and hold no controls."""
    return (answer == b"" or answer.endswith(b"\r\n")) and not re.search(
        rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)", answer)


def items(answer):
    """The items of a menu that can be chosen."""
    assert not menu_faults(answer), menu_faults(answer)[0]
    lines = answer[:-3].split(b"\r\n")[:-1]
    return [Item(line) for line in lines if not line.startswith(b"i")]


def info(answer):
    """The text lines of a menu."""
    return [line[1:].split(b"\t")[0].decode() for line in answer.split(b"\r\n")
            if line.startswith(b"i")]

"""strace at a process: what it asks of the system, and what the system is made to answer."""

import re
import subprocess

from server import wait_until


class Trace:
    """strace at a process while the with statement lasts."""

    def __init__(self, pid, output, *options):
        self.pid = pid
        self.process = subprocess.Popen(["strace", "-q", "-o", output, *options, "-p", str(pid)],
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        wait_until(lambda: self.process.poll() is not None or
                   re.search(r"TracerPid:\t[1-9]", status_of(self.pid)), "strace to begin")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.said = self.process.communicate()[1]


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return file.read()


def calls_in(output, pid):
    """Process -> name of a system call -> how often it was made; the pid is of who is traced."""
    calls = {}
    with open(output, encoding="utf-8", errors="replace") as file:
        for line in file:
            call = re.match(r"(?:(\d+) +|\[[^]]*\] )?(\w+)\(", line)
            if call:
                counts = calls.setdefault(int(call.group(1) or pid), {})
                counts[call.group(2)] = counts.get(call.group(2), 0) + 1
    return calls

"""The program under test: its configuration, its start, its end."""

import ctypes
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import SANITIZER_REPORTS, Tap, environment  # noqa: E402 (the path comes first)

SLOWNESS = int(os.environ.get("INSPIR_SLOWNESS", "1"))  # of a program that runs in another
PATIENCE_S = 60 * SLOWNESS  # for anything to happen, on a busy machine
GLANCE_S = 0.02  # between two looks at what has no event to wait for


def kernel_has_landlock():
    """Asks it for the version of its Landlock."""
    create_ruleset, version_wanted = 444, 1  # the same on every processor
    return ctypes.CDLL(None).syscall(create_ruleset, None, ctypes.c_size_t(0), version_wanted) > 0


# Every test runs in the sandbox, and a worker that does what it should not is killed; valgrind does
# much that it should not.
SANDBOX = os.environ.get("INSPIR_SANDBOX") or ("require" if kernel_has_landlock() else "try")

SETTINGS = {
    "blog": {"title": "Test capsule", "subtitle": "Words for tests", "language": "en",
             "root": "capsule", "page_size": "2"},
    "gemini": {"host": "localhost, alt.localhost", "listen": "127.0.0.1:0, [::1]:0"},
    # A worker waits for a signature for no more than a second.
    "tls": {"cert": "certs/cert.pem", "key": "certs/key.pem",
            "isolate_key": "yes" if SLOWNESS == 1 else "no"},
    "gopher": {"host": "localhost", "listen": "127.0.0.1:0, [::1]:0"},
    "server": {"workers": "1", "sandbox": SANDBOX},
}


def write_ini(folder, changes=None, name="inspir.ini"):
    """The settings above with the changes {section: {key: value}}; returns the path."""
    sections = {section: dict(keys) for section, keys in SETTINGS.items()}
    for section, keys in (changes or {}).items():
        sections.setdefault(section, {}).update(keys)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        for section, keys in sections.items():
            file.write(f"[{section}]\n")
            file.writelines(f"{key} = {value}\n" for key, value in keys.items())
    return path


def wait_until(condition, what):
    """Looks until the condition holds and returns what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    glance = threading.Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S} s in vain for {what}")
        glance.wait(GLANCE_S)


def is_alive(pid):
    """The process runs; one that nobody has waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def name_of(pid):
    """What the process calls itself; None when it has ended."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def preload(program, folder, name):
    """NAME.c here as a library for LD_PRELOAD; None without a compiler, or for a program with
    sanitizers, which want to be loaded first."""
    compiler = shutil.which("cc")
    if not compiler or is_sanitized(program):
        return None
    library = os.path.join(folder, f"{name}.so")
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library,
                    os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.c")],
                   check=True)
    return library


def run(program, *arguments, folder=None, preexec_fn=None):
    """A command that ends by itself."""
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=PATIENCE_S, env=environment(), check=False,
                          stdin=subprocess.DEVNULL, preexec_fn=preexec_fn)


class Server:
    """`inspir serve`, ready to be asked. Leaving the with statement ends it and judges its end."""

    def __init__(self, program, ini, listeners=4, preexec_fn=None, surroundings=None):
        self.folder = os.path.dirname(ini)
        self.complaints_path = os.path.join(self.folder, "stderr.txt")
        with open(self.complaints_path, "wb") as complaints:
            self.process = subprocess.Popen(
                [program, "serve", "-c", ini], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=complaints, env={**environment(), **(surroundings or {})},
                preexec_fn=preexec_fn)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read_lines, daemon=True)
        self.reader.start()
        self.addresses = {"gemini": [], "gopher": []}
        try:
            for _ in range(listeners):
                self._await_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        self.lines.put(None)

    def next_line(self):
        """The next line of standard output; None at its end."""
        return self.lines.get(timeout=PATIENCE_S)

    def _await_ready(self):
        while True:
            line = self.next_line()
            if line is None:
                raise AssertionError(f"the server did not start: {self.complaints()}")
            ready = re.fullmatch(r"ready (gemini|gopher) \[?([0-9a-f.:]+?)\]?:(\d+)", line)
            if ready:
                self.addresses[ready.group(1)].append((ready.group(2), int(ready.group(3))))
                return

    @property
    def gemini(self):
        """The first Gemini address."""
        return self.addresses["gemini"][0]

    @property
    def gopher(self):
        return self.addresses["gopher"][0]

    def complaints(self):
        """What stands on standard error so far; the log too, unless the ini says otherwise."""
        with open(self.complaints_path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def workers(self):
        """The process ids of the workers."""
        return self._children("inspir-worker")

    def keyrings(self):
        """The process ids of those that hold the keys."""
        return self._children("inspir-keyring")

    def _children(self, name):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            return sorted(int(pid) for pid in file.read().split() if name_of(pid) == name)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        """Ends the server as its operator would; returns what was wrong with its end."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "no end"
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()
        complaints = self.complaints()
        faults = [] if status == 0 else [f"the server ended with {status}"]
        if any(report in complaints for report in SANITIZER_REPORTS):
            faults.append("a sanitizer reported")
        return "\n".join([*faults, complaints[-6000:]]) if faults else ""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        faults = self.stop()
        if faults and kind is None:
            raise AssertionError(faults)
        if faults:
            print("\n".join("# " + line for line in faults.splitlines()), flush=True)


def main(*groups):
    """Runs each group of tests in a folder of its own: group(tap, program, folder)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that every with statement is left
    program = os.path.abspath(sys.argv[1])
    tap = Tap()
    for group in groups:
        with tempfile.TemporaryDirectory(prefix="inspir-") as folder:
            try:
                group(tap, program, folder)
            except (Exception, KeyboardInterrupt):
                tap.ok(False, f"{group.__name__} to its end", traceback.format_exc())
    sys.exit(tap.finish())

"""What the test programs written in Python share: TAP output, and the builds they test."""

import os
import sys

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", ": runtime error: ",
                     "LeakSanitizer has encountered", "AddressSanitizer:DEADLYSIGNAL")


def program_of(build):
    """The inspir of a build: the release one stands at the root of the tree."""
    inside = os.path.join(build, "inspir")
    return inside if os.path.exists(inside) or not build.endswith("release") else "./inspir"


def environment():
    """The environment that a program under test gets."""
    return {**os.environ, **SANITIZERS}


class Tap:
    """Prints one line a test and the plan at the end; `finish` gives the exit status."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def _line(self, text):
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()

    def ok(self, passed, name, detail=""):
        """One result; the detail is printed when it failed."""
        self.count += 1
        self.failed += not passed
        self._line(f"{'ok' if passed else 'not ok'} {self.count} - {name}".replace("#", "\\#"))
        if not passed and detail:
            self.note(detail)
        return passed

    def skip(self, name, reason):
        """A test that cannot be made here."""
        self.count += 1
        self._line(f"ok {self.count} - {name} # SKIP {reason}")

    def note(self, text):
        """Lines for a person."""
        for line in str(text).splitlines():
            self._line(f"# {line}")

    def finish(self):
        self._line(f"1..{self.count}")
        return 1 if self.failed else 0

#!/usr/bin/env python3
"""Two clients that people use, in a terminal of tmux: open, see the title, follow a link."""

import os
import re
import shlex
import shutil
import subprocess

import capsule
from server import PATIENCE_S, Server, main, wait_until, write_ini

STILL = 25  # glances at a screen on which nothing happens


class Terminal:
    """One command in a tmux of its own."""

    def __init__(self, folder, *command):
        self.socket = os.path.basename(command[0])  # a tmux that ends must not get the next one
        self.environment = {**os.environ, "HOME": folder, "TMUX_TMPDIR": folder, "LANG": "C.UTF-8",
                            "XDG_CONFIG_HOME": os.path.join(folder, ".config"),
                            "TERM": "screen-256color"}
        self.environment.pop("TMUX", None)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40",
                   shlex.join(command))

    def _tmux(self, *arguments):
        done = subprocess.run(["tmux", "-L", self.socket, *arguments], env=self.environment,
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return done.stdout

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def press(self, *keys):
        self._tmux("send-keys", *keys)

    def wait_for(self, words):
        """Looks until the words are on the screen; the last screen if they never are."""
        try:
            wait_until(lambda: words in self.screen(), words)
        except AssertionError as error:
            return f"{error}\n{self.screen()}"
        return None

    def press_until(self, keys, shown, gone):
        """Presses the keys once the screen is still: what has just been drawn may not listen yet.
        Says whether some words are then shown and others are gone."""
        screens = [self.screen()]

        def is_still():
            screens.append(self.screen())
            return screens[-STILL:] == [screens[-1]] * STILL

        def is_done():
            screen = self.screen()
            return shown in screen and not (gone and gone in screen)

        try:
            wait_until(is_still, "a screen that is still")
            if keys:
                self.press(*keys)
            return wait_until(is_done, shown)
        except AssertionError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tmux("kill-server")


def read_two_pages(tap, folder, name, arguments, steps):
    """Each step: words to wait for, then keys to press."""
    if not shutil.which(name) or not shutil.which("tmux"):
        tap.skip(name, f"{name} or tmux is not installed")
        return
    with Terminal(folder, name, *arguments) as terminal:
        for words, *keys in steps:
            fault = terminal.wait_for(words)
            if not tap.ok(fault is None, f"{name} shows {words!r}", fault or ""):
                return
            terminal.press(*keys)


def clients(tap, program, folder):
    root = capsule.build(folder)
    capsule.write(os.path.join(root, "welcome.gmi"), "# Welcome aboard\n\n=> /dir/ Into the hold\n")
    one_family = {"listen": "127.0.0.1:0", "host": "localhost"}
    ini = write_ini(folder, {"gemini": one_family, "gopher": one_family})
    with Server(program, ini, listeners=2) as server:
        read_two_pages(tap, folder, "amfora",
                       [f"gemini://localhost:{server.gemini[1]}/welcome.gmi"],
                       [("Welcome aboard", "1"), ("The file in it", "1"), ("It says little.",)])
        read_two_pages(tap, folder, "bombadillo",
                       [f"gopher://127.0.0.1:{server.gopher[1]}/1/welcome.gmi"],
                       [("Welcome aboard", "1", "Enter"), ("The file in it", "1", "Enter"),
                        ("It says little.",)])


def subscriptions(tap, program, folder):
    """Amfora subscribes to a feed, shows its posts and opens one; then to a page."""
    if not shutil.which("amfora") or not shutil.which("tmux"):
        tap.skip("amfora's subscriptions", "amfora or tmux is not installed")
        return
    capsule.build(folder)
    ini = write_ini(folder, {"gemini": {"listen": "127.0.0.1:0", "host": "localhost"},
                             "gopher": {"enabled": "no"}})
    question = "Would you like to subscribe to"
    with Server(program, ini, listeners=1) as server:
        place = f"gemini://localhost:{server.gemini[1]}"
        with Terminal(folder, "amfora", place + "/label/health-care/") as terminal:
            terminal.press_until([], "  Feed\n", "")
            feed = wait_until(lambda: re.search(r"\[(\d)\]  Feed\n", terminal.screen()), "Feed")
            for what, keys, shown, gone in [
                    ("asks about a feed", [feed[1]], question, ""),
                    ("takes it", ["Enter"], "4 posts", question),
                    ("shows its posts", ["C-a"],
                     "Test capsule: health care (Amina) - The clinic is open again", ""),
                    ("opens one", ["2"], "The roof is whole and the queue is short.", ""),
                    ("opens a page", ["Space", place + "/label/work/", "Enter"], "4 posts", ""),
                    ("asks about the page", ["C-x"], question, ""),
                    ("takes it", ["Enter"], "4 posts", question),
                    ("shows it", ["C-a"], "localhost:", "4 posts")]:
                if not tap.ok(terminal.press_until(keys, shown, gone),
                              f"amfora, subscribing, {what}", terminal.screen()):
                    return
            tap.ok("- /label/work/" in terminal.screen(), "amfora has both subscriptions",
                   terminal.screen())


if __name__ == "__main__":
    main(clients, subscriptions)

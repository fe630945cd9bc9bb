# SPDX-License-Identifier: MIT
"""Runs the built demonstration as a user does, and looks at what it leaves behind."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))

from tap import Failure

PATIENCE_S = 150
SERVICES = ["user-service", "inventory-service", "order-service", "payment-service",
            "notification-service"]


class Demo:
    """One run: `with Demo(programs, "--once") as demo`. What it started ends with it."""

    def __init__(self, programs, *arguments, environment=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="msvc-e2e-")
        self.output = pathlib.Path(self.scratch.name) / "output"
        program = pathlib.Path(programs) / "demo" / "demo"
        if arguments[:1] == ("--programs",):
            command = [program, *arguments]
        else:
            command = [program, "--programs", programs, *arguments]
        environment = {**os.environ, "TMPDIR": self.scratch.name, **(environment or {})}
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([str(word) for word in command], stdout=output,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for pid in self.children():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        self.scratch.cleanup()

    def text(self):
        return self.output.read_text(encoding="utf-8", errors="replace")

    def children(self):
        """Programs that it started and that still run."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"TMPDIR={self.scratch.name}\0".encode() in environment:
                found.append(int(entry.name))
        return [pid for pid in found if pid != self.process.pid]

    def wait(self, expected=0):
        """Until it ends, with that exit status."""
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"it did not end within {PATIENCE_S} s:\n{self.text()}") from None
        if status != expected:
            raise Failure(f"it ended with {status}, expected {expected}:\n{self.text()}")
        return self.text()

    def wait_for(self, pattern):
        """Until it has printed that; the match."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            ended = self.process.poll() is not None
            match = re.search(pattern, self.text())
            if match:
                return match
            if ended:
                break
            time.sleep(0.05)
        raise Failure(f"it did not print {pattern}:\n{self.text()}")

    def folder(self):
        """Where logs and data are."""
        return next(pathlib.Path(self.scratch.name).glob("msvc-demo-*"))

    def address(self, service):
        return (self.folder() / "run" / f"{service}.address").read_text(encoding="utf-8").strip()

    def stop(self):
        """Ctrl-C, and all of it must end well."""
        self.process.send_signal(signal.SIGINT)
        text = self.wait()
        left = self.children()
        if left:
            raise Failure(f"programs are left behind: {left}\n{text}")
        return text


def expect(text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text):
            raise Failure(f"expected {pattern} in:\n{text}")

# SPDX-License-Identifier: MIT
"""Tests in Python as TAP: each function that @test marks is one subtest, named as a sentence.

A test returns nothing, raises Skip with its reason, or fails with what check() and complain() said.
"""
import os
import subprocess
import sys
import traceback

TESTS = []
INFORMATION = []


class Skip(Exception):
    """What is missing, in words."""


class Offline(Skip):
    """What comes over the network is not there: a skip with CI=true, too."""


class Failure(Exception):
    """One complaint a line."""


def test(function):
    TESTS.append(function)
    return function


def complain(complaints):
    """Fail with a list of complaints, unless it is empty."""
    if complaints:
        raise Failure("\n".join(complaints))


def inform(line):
    """Printed after the test, whatever its result."""
    INFORMATION.append(line)


def run(*command, **options):
    """Run a command; what it printed is the complaint when it does not end with 0."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def comment(text):
    for line in text.splitlines():
        print(f"# {line}")


def one(number, function):
    name = function.__name__
    try:
        function()
        print(f"ok {number} - {name}")
        return True
    except Skip as reason:
        if os.environ.get("CI") != "true" or isinstance(reason, Offline):
            print(f"ok {number} - {name} # SKIP {reason}")
            return True
        comment(f"{name}: {reason}")
    except Failure as complaint:
        comment(f"{name}:\n{complaint}")
    except Exception:  # a mistake in the test is a failure of the test
        comment(traceback.format_exc())
    print(f"not ok {number} - {name}")
    return False


def main():
    print(f"1..{len(TESTS)}")
    failed = 0
    for number, function in enumerate(TESTS, 1):
        failed += not one(number, function)
        for line in INFORMATION:
            comment(line)
        INFORMATION.clear()
        sys.stdout.flush()
    sys.exit(failed > 0)

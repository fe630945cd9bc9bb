#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How large things may become before they want to be two: `sizes_lint.py SOURCE_ROOT`."""
import json
import shutil

import tree
from tap import Skip, complain, inform, main, run, test

HEADER_LINES = 250
SOURCE_LINES = 500
TEST_LINES = 600
EXAMPLE_LINES = 150
SERVICE_LINES = 400
FUNCTION_LINES = 80
LONG_FUNCTION_LINES = 40


def longer_than(limit, paths):
    for path in paths:
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > limit:
            yield f"{tree.name(path)} has {count} lines, expected at most {limit}"


def with_suffix(suffix, folder):
    return (path for path in tree.c_files(folder) if path.suffix == suffix)


@test
def headers_fit():
    complain(list(longer_than(HEADER_LINES, with_suffix(".h", "include"))) +
             list(longer_than(HEADER_LINES, with_suffix(".h", "lib"))))


@test
def sources_fit():
    for line in longer_than(TEST_LINES, tree.c_files("tests")):
        inform(line)  # a thing to look at: a suite is a list
    complain(list(longer_than(SOURCE_LINES, with_suffix(".c", "lib"))))


@test
def examples_fit():
    complain(list(longer_than(EXAMPLE_LINES, tree.c_files("examples"))))


@test
def files_of_services_fit():
    complain(list(longer_than(SERVICE_LINES, tree.c_files("services-reference"))))


def functions():
    """(lines, "file: function") of every C function, longest first."""
    if shutil.which("ctags") is None:
        raise Skip("ctags is not installed")
    # All in one call, or what one file calls a macro is a function in the next.
    listing = run("ctags", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--languages=C",
                  "--langmap=C:.c.h", "-f", "-", *tree.c_files())
    for line in listing.splitlines():
        tag = json.loads(line)
        if "end" in tag and tag.get("kind") == "function":
            path = tree.name(tree.pathlib.Path(tag["path"]))
            yield tag["end"] - tag["line"] + 1, f"{path}: {tag['name']}"


@test
def functions_fit():
    found = sorted(functions(), reverse=True)
    inform(f"{len(found)} functions; those of more than {LONG_FUNCTION_LINES} lines:")
    for lines, where in found:
        if lines > LONG_FUNCTION_LINES:
            inform(f"  {lines} {where}")
    complain([f"{where} has {lines} lines, expected at most {FUNCTION_LINES}"
              for lines, where in found if lines > FUNCTION_LINES])


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tree looks as clang-format makes it: `format_lint.py SOURCE_ROOT`."""
import re
import shutil
import subprocess

import tree
from tap import Skip, complain, main, test

WIDTH = 100


@test
def c_files_are_formatted():
    program = shutil.which("clang-format-14")
    if program is None:
        raise Skip("clang-format-14 is not installed")
    done = subprocess.run([program, "--dry-run", *tree.c_files()], cwd=tree.root,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)
    off = sorted(set(re.findall(r"(?m)^(\S+?):\d+:\d+: warning: code should", done.stderr)))
    complain([f"{path.replace(f'{tree.root}/', '')}: run clang-format-14 -i" for path in off])


@test
def no_line_ends_in_a_blank():
    complain([f"{tree.name(path)}:{number}" for path in tree.files()
              if path.suffix in (".c", ".h", ".py", ".md", ".sql", ".yaml", ".build")
              for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
              if line != line.rstrip()])


@test
def lines_of_c_fit():
    complain([f"{tree.name(path)}:{number} has {len(line)} columns, expected at most {WIDTH}"
              for path in tree.c_files()
              for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
              if len(line) > WIDTH])


main()

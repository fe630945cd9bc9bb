#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a program and compare what it prints with a file: same_output.py EXPECTED PROGRAM [ARGUMENT...]"""
import difflib
import subprocess
import sys


def main(expected_path, *command):
    with open(expected_path, encoding="utf-8") as file:
        expected = file.read()
    run = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", timeout=60, check=False)
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), run.stdout.splitlines(True),
                                               expected_path, command[0]))
    return 0 if run.returncode == 0 and run.stdout == expected else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

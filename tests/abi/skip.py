# SPDX-License-Identifier: MIT
"""Skipping: says why, and is a failure where everything must be there (CI=true)."""
import os
import shutil
import sys


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")

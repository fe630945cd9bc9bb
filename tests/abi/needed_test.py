#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The core needs nothing but libc: `needed_test.py LIBRARY`."""
import re
import subprocess
import sys

from skip import need

LIBC = re.compile(r"(libc\.so\.6|libpthread\.so\.0|ld-linux.*\.so\.\d|libc\.musl.*|libc\.so)$")

need("readelf")
dynamic = subprocess.run(["readelf", "-dW", sys.argv[1]], check=True, capture_output=True, text=True)
needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic.stdout)
others = [library for library in needed if not LIBC.match(library)]
print("needs:", ", ".join(needed))
if not needed or others:
    sys.exit(f"expected libc only, found {', '.join(others) or 'nothing'}")

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What libraries export and what headers declare is the same: `symbols_test.py LIB_FOLDER INCLUDE_FOLDER`.

A header of which nothing is exported belongs to a component that is not built;
they are listed. Of any other header everything must be exported.
"""
import pathlib
import re
import subprocess
import sys

from skip import need

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARATION = re.compile(r"^MSVC_API\b[^;{]*?\b(msvc_\w+)\s*\(", re.M)


def declared(header):
    text = COMMENT.sub("", header.read_text())
    return set(DECLARATION.findall(re.sub(r"\n[ \t]+", " ", text)))


def exported(library):
    command = ["nm", "-D", "--defined-only", str(library)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    symbols = [line.split()[-2:] for line in lines]
    return {name.split("@")[0] for kind, name in symbols if kind != "A"}


need("nm")
libraries = sorted(pathlib.Path(sys.argv[1]).rglob("libmsvc-*.so"))
include = pathlib.Path(sys.argv[2])
headers = {h.relative_to(include): declared(h) for h in sorted(include.rglob("*.h"))}
found = {library.name: exported(library) for library in libraries}
everything_declared = set().union(*headers.values())
everything_exported = set().union(*found.values())
complaints = []

if not libraries or not everything_declared:
    complaints.append("expected libraries and declarations, found none")
for library, symbols in found.items():
    print(f"{library}: {len(symbols)} symbols")
    for symbol in sorted(symbols):
        if not symbol.startswith("msvc_"):
            complaints.append(f"{library} exports {symbol}, expected only msvc_…")
        elif not symbol.startswith("msvc__") and symbol not in everything_declared:
            complaints.append(f"{library} exports {symbol}, which no header declares")
for header, names in headers.items():
    missing = sorted(names - everything_exported)
    if names and set(missing) == names:
        print(f"{header}: not built")
    else:
        complaints += [f"{header} declares {name}, which no library exports" for name in missing]
if complaints:
    sys.exit("\n".join(complaints))

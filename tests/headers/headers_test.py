#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every public header compiles alone, twice, as C11 and C++11: `headers_test.py INCLUDE_FOLDER`."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "abi"))
from skip import need  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]
DIALECTS = {
    "C11": ["cc", "-std=c11", "-x", "c"],
    "C++11": ["c++", "-std=c++11", "-x", "c++"],
}

need("cc", "c++")
include = pathlib.Path(sys.argv[1])
headers = sorted(header.relative_to(include) for header in include.rglob("*.h"))
failures = []
for header in headers:
    source = f"#include <{header}>\n#include <{header}>\nextern int not_empty;\n"
    for dialect, command in DIALECTS.items():
        done = subprocess.run([*command, *WARNINGS, f"-I{include}", "-"], input=source, text=True,
                              capture_output=True)
        if done.returncode != 0:
            failures.append(f"{header} as {dialect}:\n{done.stderr}")
print(f"{len(headers)} headers")
if failures or not headers:
    sys.exit("\n".join(failures) or "expected headers, found none")

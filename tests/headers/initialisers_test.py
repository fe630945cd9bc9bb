#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every initialiser macro works in C11 and C++11: `initialisers_test.py INCLUDE_FOLDER LIBRARY`.

Finds them in the headers, writes a program that calls each, and runs it. The
options must know their size and have zeros behind it; the lists must end.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "abi"))
from skip import need  # noqa: E402

MACRO = re.compile(r"^#define (MSVC_\w+)\(\.\.\.\)[ \t]*(.*)$", re.M)
OPTIONS = re.compile(r"MSVC_OPTIONS_OF\(([\w ]+), __VA_ARGS__\)$")
LIST = re.compile(r"MSVC_LIST_OF\(([\w *]+), __VA_ARGS__\)$")

# The others: a condition that holds when the macro works; None for what is C only or behind another.
OTHERS = {
    "MSVC_ATTRIBUTES": 'MSVC_ATTRIBUTES(MSVC_I64("a", 1), MSVC_BOOL("b", true))[2].key == NULL',
    "MSVC_ATTRIBUTES_": None,
    "MSVC_VALUES": 'MSVC_VALUES(MSVC_INT(1), MSVC_TEXT("a"))[2].type == MSVC_VALUE_END',
    "MSVC_FIELDS": None,
    "MSVC_HEADERS": None,
    "MSVC_PACT_CONTAINS": None,
    "MSVC_PACT_MEMBERS": None,
    "MSVC_PACT_OBJECT": None,
    "MSVC_PACT_REFERENCES": None,
    "MSVC_PACT_STATES": None,
    "MSVC_PACT_TEXTS": None,
    "MSVC_PACT_VERSIONS": None,
}
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
DIALECTS = {"C11": ["cc", "-std=c11", "-x", "c"], "C++11": ["c++", "-std=c++11", "-x", "c++"]}


def condition(name, body):
    options, items = OPTIONS.match(body), LIST.match(body)
    if options:
        return f"has_size({name}(), sizeof({options[1]}))"
    if items:
        return f"{name}(({items[1]})0)[1] == NULL"
    if name not in OTHERS:
        sys.exit(f"{name} is a new kind of initialiser: add it to OTHERS in {__file__}")
    return OTHERS[name]


def program(headers, conditions):
    includes = "".join(f"#include <{header}>\n" for header in headers)
    checks = "".join(f'    if (!({text})) {{ puts("{name}"); failures++; }}\n'
                     for name, text in conditions.items())
    return f"""#include <stdio.h>
#include <string.h>
{includes}
static bool has_size(const void *options, size_t size)
{{
    const unsigned char *bytes = (const unsigned char *)options;
    size_t found;

    memcpy(&found, options, sizeof(found));
    for (size_t i = sizeof(found); i < size; i++) {{
        if (bytes[i] != 0)
            return false;
    }}
    return found == size;
}}

int main(void)
{{
    int failures = 0;

{checks}    return failures;
}}
"""


need("cc", "c++")
include, library = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
found, used = {}, []
for header in sorted(include.rglob("*.h")):
    text = re.sub(r"\\\n\s*", "", header.read_text())
    macros = [m for m in MACRO.findall(text) if m[0] not in ("MSVC_OPTIONS_OF", "MSVC_LIST_OF")]
    if macros:
        used.append(header.relative_to(include))
    found.update({name: condition(name, body) for name, body in macros})
found = {name: text for name, text in found.items() if text is not None}
with tempfile.TemporaryDirectory() as folder:
    for dialect, command in DIALECTS.items():
        binary = f"{folder}/{command[0]}"
        subprocess.run([*command, *WARNINGS, f"-I{include}", "-", "-x", "none", library,
                        f"-Wl,-rpath,{library.parent}", "-o", binary],
                       input=program(used, found), text=True, check=True)
        done = subprocess.run([binary], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{dialect}: wrong: {done.stdout}")
print(f"{len(found)} initialisers, each in {' and '.join(DIALECTS)}")
if not found:
    sys.exit("expected initialisers, found none")

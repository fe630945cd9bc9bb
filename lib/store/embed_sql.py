#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write SQL files as one C file that defines `const struct msvc_migration NAME[]`.

usage: embed_sql.py OUTPUT NAME FILE.sql...

A step is named after its file without ".sql". Steps run in the order of their
names, whatever the order of the arguments.
"""
import os
import sys

BYTES_PER_LINE = 16


def array(index, data):
    """The text as bytes: ISO C compilers need not take a long string literal."""
    numbers = [str(byte) for byte in data] + ["0"]
    lines = [", ".join(numbers[at:at + BYTES_PER_LINE])
             for at in range(0, len(numbers), BYTES_PER_LINE)]
    return "static const char step_%d[] = {\n    %s\n};\n" % (index, ",\n    ".join(lines))


def main(output, name, paths):
    paths = sorted(paths, key=os.path.basename)
    parts = ["#include <msvc/store.h>\n", "extern const struct msvc_migration %s[];\n" % name]
    rows = []
    for index, path in enumerate(paths):
        with open(path, "rb") as source:
            data = source.read()
        if b"\0" in data or max(data, default=0) > 127:
            sys.exit("%s: found a byte that is not ASCII text" % path)
        parts.append(array(index, data))
        step = os.path.splitext(os.path.basename(path))[0]
        rows.append('    { "%s", step_%d },\n' % (step, index))
    parts.append("const struct msvc_migration %s[] = {\n%s    { NULL, NULL },\n};\n"
                 % (name, "".join(rows)))
    with open(output, "w", encoding="ascii") as target:
        target.write("\n".join(parts))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

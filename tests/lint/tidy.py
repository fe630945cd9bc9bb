#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy over what we ship: `tidy.py BUILD LOG [word…]`, files whose path has one of the words, else all.

.clang-tidy says which checks. Writes a log like meson's, one record a file, and prints each finding.
"""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys

PROGRAM = "clang-tidy-14"
OURS = ("lib/", "services-reference/", "examples/")
AT_ONCE = 2


def sources(build, root, words):
    """What the compile database has of ours; once, though it is compiled as static and shared."""
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        if name.startswith(OURS) and any(word in name for word in words or [""]):
            yield name


def check(build, root, name):
    done = subprocess.run([PROGRAM, "--quiet", "-p", str(build), str(root / name)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    if done.returncode != 0:
        print(done.stdout, flush=True)
    findings = [line for line in done.stdout.splitlines() if " error: " in line]
    return {"name": name, "result": "OK" if done.returncode == 0 else "FAIL",
            "stdout": "\n".join(findings or done.stdout.splitlines()[-1:])}


def main():
    build, log = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    root = pathlib.Path(__file__).resolve().parents[2]
    if shutil.which(PROGRAM) is None:
        records = [{"name": "tidy", "result": "SKIP", "stdout": f"{PROGRAM} is not installed"}]
    else:
        names = sorted(set(sources(build, root, sys.argv[3:])))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            records = list(pool.map(lambda name: check(build, root, name), names))
    log.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return 1 if any(record["result"] == "FAIL" for record in records) else 0


sys.exit(main())

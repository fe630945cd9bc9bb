#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The core builds and works on musl, static and without a warning.

`musl_test.py SOURCE_ROOT PROGRAM.c CORE_SOURCE…`
"""
import pathlib
import subprocess
import sys
import tempfile

from skip import need

FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-pthread"]

need("musl-gcc", "ar")
root, program, *sources = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    includes = [f"-I{root}/include", f"-I{root}/lib"]
    objects = []
    for number, source in enumerate(sources):
        objects.append(f"{folder}/{number}-{pathlib.Path(source).stem}.o")
        subprocess.run(["musl-gcc", *FLAGS, *includes, "-c", source, "-o", objects[-1]], check=True)
    subprocess.run(["ar", "rcs", f"{folder}/libmsvc-core.a", *objects], check=True)
    subprocess.run(["musl-gcc", *FLAGS, *includes, "-static", program, f"{folder}/libmsvc-core.a",
                    "-o", f"{folder}/program"], check=True)
    status = subprocess.run([f"{folder}/program"]).returncode
print(f"{len(sources)} sources, the program ended with {status}")
sys.exit(status)

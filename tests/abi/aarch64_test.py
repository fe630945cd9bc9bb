#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The core's unit tests pass on aarch64, under qemu-user: `aarch64_test.py SOURCE_ROOT BUILD_FOLDER`.

Only the core is built, every component is off. The folder is kept, so that a
second run builds only what changed. The two searches of the breaker make
millions of steps, for which an emulator takes minutes: they are left out, and said so.
"""
import json
import pathlib
import subprocess
import sys

from skip import need, skip

SEARCHES = ("breaker_interleavings", "breaker_model")

need("aarch64-linux-gnu-gcc", "qemu-aarch64", "meson", "ninja")
root, build = map(pathlib.Path, sys.argv[1:])
if not pathlib.Path("/usr/lib/aarch64-linux-gnu/pkgconfig/cmocka.pc").exists():
    skip("libcmocka-dev:arm64 is not installed")

if not (build / "build.ninja").exists():
    subprocess.run(["meson", "setup", build, root, "--cross-file", root / "tests/abi/aarch64.ini",
                    "-Dauto_features=disabled", "-Dtests=true", "-Dbuildtype=debug"], check=True)
subprocess.run(["ninja", "-C", build, "build.ninja"], check=True)  # the tests may be others now
tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], check=True,
                                  capture_output=True, text=True).stdout)
tests = [test for test in tests if "libmsvc:unit" in test["suite"] and test["name"] not in SEARCHES]
programs = [pathlib.Path(test["cmd"][-1]) for test in tests]
targets = [str(program.relative_to(build.resolve())) for program in programs]
subprocess.run(["ninja", "-C", build, "-j2", *targets], check=True)
print("left out under emulation:", *SEARCHES)
sys.exit(subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--num-processes", "2",
                         "--timeout-multiplier", "5", "--print-errorlogs",
                         *[test["name"] for test in tests]]).returncode)

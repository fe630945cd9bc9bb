#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demonstration on what every machine has: `demo_test.py PROGRAMS SOURCE_ROOT`."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from demo import Demo, SERVICES, expect

from tap import Failure, main, run, test

PROGRAMS, SOURCE_ROOT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def nothing_is_left(demo):
    if demo.children():
        raise Failure(f"programs are left behind: {demo.children()}")
    if list(pathlib.Path(demo.scratch.name).glob("msvc-demo-*")):
        raise Failure("its folder is left behind")


@test
def five_processes_let_orders_flow():
    with Demo(PROGRAMS, "--once") as demo:
        expect(demo.wait(), "an order that goes well +confirmed", "declined +cancelled",
               "lacks stock +cancelled", *(f"{name} +\\d+ +[0-9.]+ ms" for name in SERVICES),
               "all went well")
        nothing_is_left(demo)


@test
def a_monolith_lets_orders_flow():
    with Demo(PROGRAMS, "--once", "--monolith") as demo:
        expect(demo.wait(), "an order that goes well +confirmed", "declined +cancelled",
               "lacks stock +cancelled", "all went well")
        nothing_is_left(demo)


@test
def ctrl_c_ends_everything():
    with Demo(PROGRAMS) as demo:
        demo.wait_for("Ctrl-C stops everything")
        expect(demo.stop(), "all went well")
        nothing_is_left(demo)


@test
def ctrl_c_ends_a_monolith():
    with Demo(PROGRAMS, "--monolith") as demo:
        demo.wait_for("Ctrl-C stops everything")
        expect(demo.stop(), "all went well")
        nothing_is_left(demo)


@test
def ctrl_c_ends_everything_in_the_middle():
    with Demo(PROGRAMS, "--once", "--chaos") as demo:
        demo.wait_for("user-service +killed")
        demo.process.send_signal(signal.SIGINT)
        expect(demo.wait(1), "failed: interrupted")
        if demo.children():
            raise Failure(f"programs are left behind: {demo.children()}")


def broken_programs(folder, name, program):
    """The built programs, but for one."""
    for service in SERVICES:
        os.makedirs(f"{folder}/{service}")
        os.symlink(program if service == name else PROGRAMS / service / service,
                   f"{folder}/{service}/{service}")
    return folder


def assert_names_the_broken(name, program, *patterns):
    with tempfile.TemporaryDirectory(prefix="msvc-e2e-") as folder:
        with Demo(PROGRAMS, "--programs", broken_programs(folder, name, program), "--once") as demo:
            expect(demo.wait(1), f"failed: .*{name}", *patterns)
            if demo.children():
                raise Failure(f"programs are left behind: {demo.children()}")


@test
def says_which_service_ends_at_once():
    assert_names_the_broken("payment-service", shutil.which("false"),
                            "payment-service ended with exit status 1")


@test
def says_which_service_is_missing():
    assert_names_the_broken("notification-service", "/nonexistent",
                            "notification-service cannot be started: No such file")


@test
def says_why_a_service_does_not_start():
    with tempfile.TemporaryDirectory(prefix="msvc-e2e-") as folder:
        script = pathlib.Path(folder) / "misled"
        script.write_text("#!/bin/sh\nINVENTORY_STORE_URL=sqlite:/nonexistent/stock.db"
                          f" exec {PROGRAMS}/inventory-service/inventory-service\n",
                          encoding="utf-8")
        script.chmod(0o755)
        assert_names_the_broken("inventory-service", script, "/nonexistent/stock.db")


@test
def the_run_command_explains_itself():
    expect(run(SOURCE_ROOT / "services-reference" / "run", "--help"), "--once", "--monolith",
           "--stack", "--chaos")


if __name__ == "__main__":
    main()

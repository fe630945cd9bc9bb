#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Services die while orders flow: `chaos_test.py PROGRAMS [STACK]`."""
import sys

from demo import Demo, SERVICES, expect

from tap import inform, main, test

PROGRAMS, STACK = sys.argv[1], (sys.argv[2:] or ["embedded"])[0]
AGREED = ["lost +0\n", "duplicated +0\n", "the books of orders, payments and stock agree",
          "all went well"]


def show(text):
    inform(text[text.index("Chaos:"):])


@test
def no_order_is_lost_or_doubled_when_services_die():
    with Demo(PROGRAMS, "--once", "--chaos", "--stack", STACK) as demo:
        text = demo.wait()
        expect(text, *(f"{name} +killed, started" for name in SERVICES),
               "inventory-service +replaced: 0.1.0 drained, 0.1.1 ready", *AGREED)
        show(text)


@test
def no_order_is_lost_or_doubled_when_the_monolith_dies():
    with Demo(PROGRAMS, "--once", "--chaos", "--monolith", "--stack", STACK) as demo:
        text = demo.wait()
        expect(text, "monolith +killed, started", *AGREED)
        show(text)


if __name__ == "__main__":
    main()

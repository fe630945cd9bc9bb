#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demonstration on PostgreSQL and RabbitMQ: `with postgres rabbitmq -- stack_test.py PROGRAMS`."""
import sys

from databases import make_databases
from demo import Demo, expect

from tap import main, test

PROGRAMS = sys.argv[1]
STACK = ["--stack", "postgres-rabbitmq"]


@test
def five_processes_let_orders_flow():
    make_databases()
    with Demo(PROGRAMS, "--once", *STACK) as demo:
        expect(demo.wait(), "an order that goes well +confirmed", "declined +cancelled",
               "lacks stock +cancelled", "all went well")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""The services on PostgreSQL and RabbitMQ, kept running; and servers that go away under them."""
import contextlib
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
import uuid

from databases import make_databases
from demo import Demo

from tap import Failure

PATIENCE_S = 60


@contextlib.contextmanager
def without(name, verb):
    """The block runs while that server is away, by `stop` or `kill`."""
    script, folder = os.environ[f"MSVC_SERVER_{name}"], os.environ[f"MSVC_SERVER_{name}_DIR"]
    subprocess.run([script, verb, folder], stdout=subprocess.DEVNULL, check=True)
    try:
        yield
    finally:
        subprocess.run([script, "start", folder], stdout=subprocess.DEVNULL, check=True)


def wait_until(what, condition):
    """The first true answer of condition."""
    until = time.monotonic() + PATIENCE_S
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > until:
            raise Failure(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.1)


def expect_equal(what, found, expected):
    if found != expected:
        raise Failure(f"{what}: found {found}, expected {expected}")


class Shop:
    """The running services, as a customer sees them."""

    def __init__(self, programs):
        make_databases()
        self.demo = Demo(programs, "--stack", "postgres-rabbitmq")

    def __enter__(self):
        try:
            self.demo.wait_for("Ctrl-C stops everything")
        except Failure:
            self.demo.__exit__()
            raise
        self.token = re.search(r"TOKEN=(\S+)", self.demo.text()).group(1)
        self.pids = sorted(self.demo.children())
        return self

    def __exit__(self, *problem):
        self.demo.__exit__(*problem)

    def call(self, method, target, body=None, **headers):
        """(status, headers, JSON) of a call to order-service."""
        request = urllib.request.Request(
            f"http://{self.demo.address('order-service')}{target}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                     **headers})
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as problem:
            answer = problem
        with answer:
            text = answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, answer.headers, json.loads(text) if is_json else None

    def place(self, **headers):
        return self.call("POST", "/api/v1/orders", {"items": [{"sku": "apple", "quantity": 1}]},
                         **{"Idempotency-Key": str(uuid.uuid4()), **headers})

    def accepted(self, **headers):
        status, _, order = self.place(**headers)
        expect_equal("POST /api/v1/orders", status, 201)
        return order["id"]

    def state(self, order):
        return self.call("GET", f"/api/v1/orders/{order}")[2].get("status")

    def wait_for_state(self, order, state):
        wait_until(f"order {order} is {state}", lambda: self.state(order) == state)

    def end(self):
        """Nothing was restarted meanwhile, and all of it ends well."""
        expect_equal("processes", sorted(self.demo.children()), self.pids)
        self.demo.stop()


def expect_unavailable(what, answer):
    status, headers, problem = answer
    expect_equal(what, (status, headers["Content-Type"], problem["status"]),
                 (503, "application/problem+json", 503))
    if not (headers["Retry-After"] or "").isdigit():
        raise Failure(f"{what}: found Retry-After {headers['Retry-After']}, expected seconds")

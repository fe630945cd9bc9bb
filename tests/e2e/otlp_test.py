#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One trace over five services, as an OpenTelemetry collector receives it: `otlp_test.py PROGRAMS`."""
import re
import sys

from demo import Demo, SERVICES, expect
from otlp import Collector, spans_of

from tap import Failure, complain, main, test

PROGRAMS = sys.argv[1]
# Who was told by whom, besides calls: a span, and what it comes from.
LINKS = [
    ("order-service: client GET", "order-service: server POST /api/v1/orders"),
    ("user-service: server GET /api/v1/users/{id}", "order-service: client GET"),
    ("inventory-service: consumer order.created", "order-service: server POST /api/v1/orders"),
    ("notification-service: consumer order.created", "order-service: server POST /api/v1/orders"),
    ("order-service: consumer stock.reserved", "inventory-service: consumer order.created"),
    ("payment-service: consumer stock.reserved", "inventory-service: consumer order.created"),
    ("order-service: consumer payment.authorized", "payment-service: consumer stock.reserved"),
    ("notification-service: consumer order.confirmed",
     "order-service: consumer payment.authorized"),
]


def run_with_collector():
    """What the demonstration printed, the spans of its own calls, and the requests that came."""
    with Collector() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with Demo(PROGRAMS, "--once", "--keep", environment=settings) as demo:
            text = demo.wait()
            own = (demo.folder() / "traces" / "demo.jsonl").read_text(encoding="utf-8")
        return text, own, collector.requests


def parents(spans):
    """The link of each span, in words."""
    by_id = {span.id: span for span in spans}
    return {(str(span), str(by_id.get(span.parent, "the customer"))) for span in spans}


@test
def one_trace_goes_through_five_services():
    text, own, requests = run_with_collector()
    complain([f"POST {path} with {kind}" for path, kind, _ in requests
              if (path, kind) != ("/v1/traces", "application/x-protobuf")])
    trace = re.search(r"Trace ([0-9a-f]{32}), as a tree", text).group(1)
    spans = [span for span in spans_of([body for _, _, body in requests]) if span.trace == trace]
    if {span.service for span in spans} != set(SERVICES):
        raise Failure(f"trace {trace} has spans of {sorted({span.service for span in spans})}")

    known = {span.id for span in spans} | set(re.findall(r'"spanId":"([0-9a-f]{16})"', own))
    complain([f"{span} has the parent {span.parent}, which is nowhere" for span in spans
              if span.parent not in known])
    found = parents(spans)
    complain([f"expected {child} to come from {parent}, found {sorted(found)}"
              for child, parent in LINKS if (child, parent) not in found])
    complain([f"{span} is not the customer's" for span in spans
              if span.service == "order-service" and span.kind == "server"
              and (str(span), "the customer") not in found])


@test
def orders_flow_when_the_collector_is_away():
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    with Demo(PROGRAMS, "--once", environment=settings) as demo:
        expect(demo.wait(), "all went well")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`with postgres rabbitmq -- rabbitmq_outage_test.py PROGRAMS`"""
import json
import os
import subprocess
import sys
import uuid

from shop import Shop, expect_equal, wait_until, without

from tap import main, test

PROGRAMS = sys.argv[1]


def waiting_events():
    """Rows in the outbox of order-service."""
    url = os.environ["POSTGRES_URL"].rpartition("/")[0] + "/order-service"
    done = subprocess.run(["psql", "-qtA", url, "-c", "SELECT count(*) FROM outbox_events"],
                          stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def events_of(shop, trace):
    """What notification-service heard of topic orders in that trace, in the order it did."""
    heard = []
    path = shop.demo.folder() / "traces" / "notification-service.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        for group in json.loads(line)["resourceSpans"]:
            for scope in group["scopeSpans"]:
                heard += [(int(span["startTimeUnixNano"]), attribute["value"]["stringValue"])
                          for span in scope["spans"] if span["traceId"] == trace
                          for attribute in span["attributes"]
                          if attribute["key"] == "cloudevents.event_type"]
    return [event for _, event in sorted(heard) if event.startswith("order.")]


def place_and_cancel(shop, traces):
    """One order for each trace; every second one is cancelled. Their ids."""
    orders = []
    for number, trace in enumerate(traces):
        parent = {"traceparent": f"00-{trace}-{uuid.uuid4().hex[:16]}-01"}
        orders.append(shop.accepted(**parent))
        if number % 2:
            answer = shop.call("POST", f"/api/v1/orders/{orders[-1]}/cancel", **parent)
            expect_equal("cancel", answer[0], 200)
    return orders


@test
def orders_wait_in_the_outbox_while_rabbitmq_is_away():
    traces = [uuid.uuid4().hex for _ in range(6)]
    with Shop(PROGRAMS) as shop:
        wait_until("the outbox is empty", lambda: waiting_events() == 0)
        with without("RABBITMQ", "kill"):
            orders = place_and_cancel(shop, traces)
            expect_equal("events in the outbox", waiting_events(), 9)
            expect_equal("states", [shop.state(order) for order in orders],
                         ["pending", "cancelled"] * 3)
            expect_equal("GET /livez", shop.call("GET", "/livez")[0], 200)

        for order in orders[::2]:
            shop.wait_for_state(order, "confirmed")
        wait_until("the outbox is drained", lambda: waiting_events() == 0)
        for number, trace in enumerate(traces):
            expected = ["order.created", "order.cancelled" if number % 2 else "order.confirmed"]
            wait_until(f"notification-service hears {expected} of order {number}",
                       lambda t=trace, e=expected: events_of(shop, t) == e)
        shop.end()


if __name__ == "__main__":
    main()

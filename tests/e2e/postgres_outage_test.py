#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`with postgres rabbitmq -- postgres_outage_test.py PROGRAMS`"""
import sys

from shop import Shop, expect_equal, expect_unavailable, wait_until, without

from tap import main, test

PROGRAMS = sys.argv[1]


@test
def orders_are_refused_while_postgresql_is_away():
    with Shop(PROGRAMS) as shop:
        with without("POSTGRES", "stop"):
            expect_unavailable("POST /api/v1/orders", shop.place())
            expect_unavailable("GET /api/v1/orders", shop.call("GET", "/api/v1/orders"))
            expect_equal("GET /livez", shop.call("GET", "/livez")[0], 200)
        wait_until("orders can be read again",
                   lambda: shop.call("GET", "/api/v1/orders")[0] == 200)
        wait_until("user-service is back", lambda: shop.place()[0] == 201)
        shop.wait_for_state(shop.accepted(), "confirmed")
        shop.end()


if __name__ == "__main__":
    main()

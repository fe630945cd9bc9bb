#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start a service on a free port with SQLite in a folder of its own, GET paths, end it with SIGTERM:
`ask_service.py PROGRAM PATH...`. Prints each body on a line; fails unless the service drains with 0.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE_S = 20


def wait_for(file, service):
    """The address is there once it listens: the file is renamed into place."""
    until = time.monotonic() + PATIENCE_S
    while not file.exists():
        if service.poll() is not None or time.monotonic() > until:
            sys.exit(f"no address in {file.name}; the service ended with {service.poll()}")
        time.sleep(0.01)
    return file.read_text(encoding="utf-8").strip()


def main(program, *paths):
    with tempfile.TemporaryDirectory(prefix="msvc-service-") as folder:
        address_file = pathlib.Path(folder) / "address"
        environment = {**os.environ, "STORE_URL": f"sqlite:{folder}/store.db",
                       "BUS_URL": f"sqlite:{folder}/bus.db", "HTTP_LISTEN": "127.0.0.1:0",
                       "HTTP_ADDRESS_FILE": str(address_file), "DRAIN_DELAY_MS": "0"}
        with subprocess.Popen([program], env=environment, stdout=sys.stderr) as service:
            try:
                address = wait_for(address_file, service)
                for path in paths:
                    with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE_S) as answer:
                        print(answer.read().decode())
                service.send_signal(signal.SIGTERM)
                return service.wait(PATIENCE_S)
            finally:
                service.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

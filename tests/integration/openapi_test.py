#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold the services to their openapi.yaml.

usage: openapi_test.py SERVICES_FOLDER PROGRAM...

Every route in a service's code is described, every described route is in its
code, and every answer that the test PROGRAMs get (tests/integration/shop.c
records them) has a described status, content type and body.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

SKIPPED = 77


def skip(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


try:
    import jsonschema
    import yaml
except ImportError as missing:
    skip("no Python module %s" % missing.name)

SERVICES = ["user-service", "inventory-service", "order-service", "payment-service", "notification-service"]
PROBES = {("GET", path) for path in ("/health", "/livez", "/readyz", "/startupz")}
METHODS = {"get", "put", "post", "patch", "delete"}


def routes_in_code(folder):
    text = (folder / "service.c").read_text()
    return set(re.findall(r'"(GET|PUT|POST|PATCH|DELETE)",\s*"(/[^"]*)"', text)) | PROBES


def routes_described(document):
    return {(method.upper(), path) for path, item in document["paths"].items()
            for method in item if method in METHODS}


def resolve(document, node):
    while "$ref" in node:
        target = document
        for step in node["$ref"][2:].split("/"):
            target = target[step]
        node = target
    return node


def find_operation(document, method, target):
    """The operation whose path fits: literal segments before {names}."""
    parts = urlsplit(target).path.split("/")
    for path in sorted(document["paths"], key=lambda p: p.count("{")):
        pattern = path.split("/")
        if len(pattern) == len(parts) and method.lower() in document["paths"][path] and all(
                p.startswith("{") or p == q for p, q in zip(pattern, parts)):
            return document["paths"][path][method.lower()]
    return None


def judge(document, answer):
    """What is wrong with one recorded answer, None when it is as described."""
    operation = find_operation(document, answer["method"], answer["target"])
    if operation is None:
        return None if answer["status"] in (404, 405) else "an answer of a route that is not described"
    key = str(answer["status"])
    if key not in operation["responses"] and answer["status"] < 400:
        return "status %s is not described" % key
    described = resolve(document, operation["responses"].get(key, operation["responses"]["default"]))
    kind = answer["contentType"].split(";")[0]
    if kind not in described["content"]:
        return "content type %s is not described" % kind
    schema = dict(described["content"][kind]["schema"], components=document["components"])
    return first_error(schema, answer["body"])


def first_error(schema, value):
    error = next(jsonschema.Draft202012Validator(schema).iter_errors(value), None)
    return error and "%s: %s" % ("/".join(map(str, error.path)), error.message)


def judge_request(document, answer):
    """A request that was accepted has a body that is described as acceptable."""
    operation = find_operation(document, answer["method"], answer["target"])
    if operation is None or answer["status"] >= 300 or "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return first_error(dict(schema, components=document["components"]), json.loads(answer["request"]))


def record(programs):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers"
        for program in programs:
            subprocess.run([program], env=dict(os.environ, SHOP_RECORD=str(path)),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return [json.loads(line) for line in path.read_text().splitlines()]


def report(number, name, problems):
    print("%s %d - %s" % ("not ok" if problems else "ok", number, name))
    for problem in problems:
        print("# " + problem)


def main(folder, programs):
    answers = record(programs)
    print("1..%d" % (3 * len(SERVICES)))
    for index, service in enumerate(SERVICES):
        document = yaml.safe_load((folder / service / "openapi.yaml").read_text())
        described, coded = routes_described(document), routes_in_code(folder / service)
        own = [a for a in answers if a["service"] == service]
        found = [(a, problem) for a in own
                 for problem in (judge(document, a), judge_request(document, a)) if problem]
        met = {(a["method"], id(find_operation(document, a["method"], a["target"]))) for a in own}
        unmet = ["%s %s" % route for route in sorted(coded - PROBES)
                 if (route[0], id(find_operation(document, *route))) not in met]
        report(3 * index + 1, service + " describes the routes it has",
               ["%s %s is on one side only" % route for route in sorted(described ^ coded)])
        report(3 * index + 2, "%s answers as described (%d answers)" % (service, len(own)),
               ["%s %s %s: %s" % (a["method"], a["target"], a["status"], problem) for a, problem in found])
        report(3 * index + 3, service + " was asked on every route", unmet)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

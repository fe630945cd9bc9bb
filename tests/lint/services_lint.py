#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules that hold for all reference services (AGENTS.md): `services_lint.py SOURCE_ROOT`."""
import os
import re
import shlex
import tempfile

import tree
from tap import Failure, Skip, complain, main, run, test

REFERENCE = tree.root / "services-reference"
# What each publishes and consumes; docs/ARCHITECTURE.md shows the same table.
PUBLISHES = {
    "user-service": {"user.registered", "user.updated"},
    "inventory-service": {"stock.reserved", "stock.rejected", "stock.released"},
    "order-service": {"order.created", "order.confirmed", "order.cancelled"},
    "payment-service": {"payment.authorized", "payment.declined", "payment.refunded"},
    "notification-service": {"notification.sent"},
}
TOPICS = {"user": "users", "order": "orders", "stock": "stock", "payment": "payments",
          "notification": "notifications"}
CONSUMES = {
    "user-service": set(),
    "inventory-service": {"order.created", "order.cancelled"},
    "order-service": PUBLISHES["inventory-service"] | PUBLISHES["payment-service"],
    "payment-service": {"stock.reserved", "order.cancelled"},
    "notification-service": {"user.registered", "user.updated"} | PUBLISHES["order-service"] |
                            PUBLISHES["payment-service"],
}
EVENTS = set().union(*PUBLISHES.values())
COMMON = {"client.h"} | {path.name for path in REFERENCE.glob("*.h")}


def services():
    found = [REFERENCE / name for name in PUBLISHES if (REFERENCE / name).is_dir()]
    if not found:
        raise Failure(f"expected {', '.join(PUBLISHES)} in services-reference/")
    return found


def sources(service):
    return sorted([*service.glob("*.c"), *service.glob("*.h")])


def strings(path):
    """Text of the string literals, adjacent ones joined."""
    text = tree.TOKEN.sub(lambda m: m.group(0) if m.group(0)[0] == '"' else " ",
                          path.read_text(encoding="utf-8"))
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*', text):
        yield "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', match.group(0)))


def tables_of(service):
    text = "\n".join(file.read_text(encoding="utf-8") for file in (service / "schema").rglob("*.sql"))
    return set(re.findall(r"(?i)CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text))


@test
def all_five_are_there():
    complain([f"services-reference/{name} is missing" for name in PUBLISHES
              if not (REFERENCE / name).is_dir()])


@test
def each_has_its_rules_its_contract_and_its_schema():
    complain([f"{tree.name(service)}/{part} is missing" for service in services()
              for part in ("AGENTS.md", "openapi.yaml", "schema/sqlite", "schema/postgres", "main.c")
              if not (service / part).exists()])


@test
def each_contract_has_health():
    complain([f"{tree.name(service)}/openapi.yaml has no /health" for service in services()
              if (service / "openapi.yaml").exists() and not
              re.search(r"(?m)^  /health:", (service / "openapi.yaml").read_text(encoding="utf-8"))])


@test
def each_contract_has_every_route_of_the_code():
    complaints = []
    for service in services():
        if not (service / "openapi.yaml").exists():
            continue
        contract = (service / "openapi.yaml").read_text(encoding="utf-8")
        described = set(re.findall(r"(?m)^  (/\S+):", contract))
        routes = {text for path in service.glob("*.c") if path.name not in ("client.c", "main.c")
                  for text in strings(path) if re.fullmatch(r"/(api|\.well-known)/[\w/{}.-]+", text)}
        complaints += [f"{tree.name(service)}/openapi.yaml has no {route}"
                       for route in sorted(routes - described) if "{" in route or route in routes]
    complain(complaints)


@test
def none_includes_anothers_header_but_the_client():
    complaints = []
    for service in services():
        own = {path.name for path in service.glob("*.h")}
        complaints += [f"{where}: \"{spelling}\" is none of its own" for path in sources(service)
                       for where, spelling, is_system in tree.includes(path)
                       if not is_system and spelling not in own | COMMON]
    complain(complaints)


@test
def none_opens_a_database_by_itself():
    complaints = []
    for service in services():
        for path in sources(service):
            complaints += [f"{where}: <{spelling}>" for where, spelling, _ in tree.includes(path)
                           if re.match(r"(msvc/store/|msvc/driver/|sqlite3|libpq)", spelling)]
            if re.search(r"\bmsvc_store_(open|sqlite|postgres)\b", tree.code(path)):
                complaints.append(f"{tree.name(path)} opens a store: the chassis does that")
    complain(complaints)


@test
def none_reads_anothers_tables():
    complaints = []
    owner = {table: service.name for service in services() for table in tables_of(service)}
    for service in services():
        for path in service.glob("*.c"):
            for text in strings(path):
                named = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)", text)
                complaints += [f"{tree.name(path)}: table {table} belongs to {owner[table]}"
                               for table in named if owner.get(table, service.name) != service.name
                               and table not in tables_of(service)]
    complain(complaints)


@test
def events_are_those_of_the_table():
    complaints = []
    for service in services():
        known = PUBLISHES[service.name] | CONSUMES[service.name]
        for path in service.glob("*.c"):
            complaints += [f"{tree.name(path)}: {service.name} has nothing to do with {text}"
                           for text in strings(path) if text in EVENTS and text not in known]
        text = "".join(found for path in service.glob("*.c") for found in strings(path))
        complaints += [f"{tree.name(service)} never publishes {event}"
                       for event in sorted(PUBLISHES[service.name]) if event not in text]
    complain(complaints)


@test
def consumers_subscribe_to_the_topics_of_the_table():
    complaints = []
    for service in services():
        text = "".join(path.read_text(encoding="utf-8") for path in service.glob("*.c"))
        block = re.search(r"struct msvc_consumer \w+\[\] = \{(.*?)\n\};", text, re.S)
        found = set(re.findall(r'\{\s*(?:\.topic = )?"([\w.*#]+)"', block.group(1) if block else ""))
        expected = {TOPICS[event.split(".")[0]] for event in CONSUMES[service.name]}
        if found != expected:
            complaints.append(f"{service.name} consumes {sorted(found)}, expected {sorted(expected)}")
    complain(complaints)


@test
def logs_are_the_loggers_and_not_printed():
    pattern = re.compile(r"(?<![\w.>])(printf|fprintf|puts|perror|syslog)\s*\(")
    complaints = []
    for service in services():
        for path in service.glob("*.c"):
            text = tree.code(path)
            complaints += [f"{tree.at(path, text, m.start())}: {m.group(1)}()"
                           for m in pattern.finditer(text)]
    complain(complaints)


def command(name):
    text = (tree.root / "AGENTS.md").read_text(encoding="utf-8")
    found = re.search(rf'(?m)^  {name}: "(.+)"$', text)
    if found is None:
        raise Failure(f"AGENTS.md has no command {name}")
    return found.group(1)


@test
def the_rules_are_yaml_and_name_the_commands():
    try:
        import yaml
    except ImportError:
        raise Skip("python3-yaml is not installed") from None
    text = (tree.root / "AGENTS.md").read_text(encoding="utf-8")
    rules = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    missing = {"build_all", "test_all", "lint_all"} - set(rules.get("global_commands", {}))
    complain([f"global_commands has no {name}" for name in sorted(missing)])


@test
def build_all_configures_what_it_says():
    setup, compile_ = (shlex.split(part) for part in command("build_all").split("&&"))
    if setup[:2] != ["meson", "setup"] or compile_ != ["ninja", "-C", setup[2]]:
        raise Failure(f"expected meson setup FOLDER … && ninja -C FOLDER, found {command('build_all')}")
    with tempfile.TemporaryDirectory(prefix="msvc-build-") as folder:
        run(*setup[:2], folder, *setup[3:], cwd=tree.root)
        run("ninja", "-C", folder, "-n")


@test
def test_all_and_lint_all_are_the_test_command():
    for name in ("test_all", "lint_all"):
        program, *suites = shlex.split(command(name))
        if not os.access(tree.root / program, os.X_OK):
            raise Failure(f"{name}: {program} is no program")
        text = (tree.root / program).read_text(encoding="utf-8")
        usual = re.search(r'(?m)^usual="(.*)"$', text).group(1).split()
        complain([f"{name}: {program} has no suite {suite}" for suite in suites if suite not in usual])


main()

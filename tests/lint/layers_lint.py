#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include what (docs/ARCHITECTURE.md): `layers_lint.py SOURCE_ROOT`."""
import re

import tree
from tap import complain, main, test

CORE = {"base", "telemetry", "export", "resilience", "health", "http", "message", "bus", "store",
        "outbox", "inbox", "checks", "runner", "settings"}

# Folder under lib: public headers it may use besides its own and base's.
TELEMETRY = {"telemetry", "log", "trace", "trace_context", "attribute"}
USES = {
    "base": set(),
    "telemetry": {"driver/exporter"},
    "export": {"driver/exporter", "trace", "trace_context"},
    "message": {"trace", "trace_context"},
    "http": set(),
    "settings": set(),
    "resilience": set(),
    "health": set(),
    "bus": {"message", "driver/bus"},
    "store": {"driver/store"},
    "outbox": {"message", "bus", "store", "driver/outbox", "driver/store"},
    "inbox": {"message", "bus", "store", "driver/inbox", "driver/store"},
    "checks": {"health", "breaker", "bus", "relay", "store"},
    "runner": {"relay", "bus", "health", "trace"},
}
OWN = {
    "base": {"attribute", "base", "buffer", "cancel", "clock", "error", "header", "json", "random",
             "status", "url", "uuid"},
    "telemetry": TELEMETRY | {"tracer_env"},
    "export": {"export"},
    "message": {"message"},
    "http": {"http"},
    "settings": {"settings"},
    "resilience": {"adaptive_limit", "breaker", "breaker_quick", "breaker_registry",
                   "breaker_saved",
                   "bulkhead", "call", "fault", "hedge",
                   "policy", "rate_limit", "rate_limits", "retry", "run"},
    "health": {"health"},
    "bus": {"bus", "bus/memory"},
    "store": {"store"},
    "outbox": {"outbox", "relay"},
    "inbox": {"inbox"},
    "checks": {"checks"},
    "runner": {"runner"},
}
# Internal headers that one other folder may include: internal(owner) → folders.
SHARED = {
    "http/request_internal.h": {"http_client"},
    "http/token_internal.h": {"http_server"},
    "message/base64_internal.h": {"contract"},
    "store/wake_internal.h": {"outbox"},
}
# Third-party headers, and the folders of lib that may know them.
THIRD_PARTY = {
    r"curl/": {"http_client", "otlp", "contract", "drivers/sqs"},
    r"microhttpd\.h": {"http_server", "contract"},
    r"gnutls/": {"http_server", "service"},
    r"jansson\.h": {"http_server", "jwt", "contract", "service"},
    r"openssl/": {"jwt"},
    r"(protobuf-c/|zlib\.h)": {"otlp"},
    r"(pcre2\.h|expat\.h|libxml/|yaml\.h)": {"contract"},
    r"sqlite3\.h": {"drivers/sqlite"},
    r"getopt\.h": {"contract"},  # getopt_long(): for its program
    r"libpq-fe\.h": {"drivers/postgres"},
    r"(amqp|rabbitmq-c/)": {"drivers/rabbitmq"},
}
LIBC = re.compile(r"(arpa/inet|assert|ctype|dirent|errno|fcntl|fnmatch|float|inttypes|limits|locale|math|"
                  r"netdb|netinet/in|netinet/tcp|poll|pthread|regex|sched|signal|stdalign|stdarg|stdatomic|"
                  r"stdbool|stddef|stdint|stdio|stdlib|string|strings|sys/(mman|random|resource|socket|stat|"
                  r"statvfs|time|types|uio|un|wait)|time|unistd)\.h$")
LINUX = re.compile(r"(sys/(epoll|eventfd|file|inotify|prctl|signalfd|timerfd|syscall)|linux/.*)\.h$|sys/epoll\.h")


def folder(path):
    """"bus", "drivers/sqlite": what a file of lib belongs to."""
    parts = path.relative_to(tree.root / "lib").parts
    return "/".join(parts[:2]) if parts[0] == "drivers" else parts[0]


def is_own(owner, path):
    """Whether internal headers under `owner` ("contract", "contract/cli") are of the file's folder."""
    return owner == "base" or f"{owner}/".startswith(f"{folder(path)}/")


@test
def internal_headers_stay_in_their_folder():
    complaints = []
    for path in tree.c_files("lib"):
        for where, spelling, is_system in tree.includes(path):
            if is_system or not spelling.endswith("_internal.h"):
                continue
            owner = spelling.rsplit("/", 1)[0]
            if not is_own(owner, path) and folder(path) not in SHARED.get(spelling, ()):
                complaints.append(f"{where}: \"{spelling}\" belongs to lib/{owner}")
    complain(complaints)


@test
def quoted_includes_name_internal_headers_by_folder():
    complain([f"{where}: \"{spelling}\", expected \"folder/name_internal.h\""
              for path in tree.c_files("lib") for where, spelling, is_system in tree.includes(path)
              if not is_system and not spelling.endswith(".pb-c.h") and
              (not spelling.endswith("_internal.h") or not (tree.root / "lib" / spelling).exists())])


@test
def a_block_of_the_core_uses_only_the_layers_below_it():
    complaints = []
    for path in tree.c_files("lib"):
        block = folder(path)
        if block not in CORE:
            continue
        allowed = OWN["base"] | OWN[block] | USES[block]
        if block not in ("base", "http", "settings"):
            allowed |= TELEMETRY
        for where, spelling, _ in tree.includes(path):
            if spelling.startswith("msvc/") and spelling[5:-2] not in allowed:
                complaints.append(f"{where}: lib/{block} may not use <{spelling}>")
    complain(complaints)


@test
def only_its_own_folder_knows_a_third_party_header():
    complaints = []
    for path in tree.c_files("lib"):
        for where, spelling, is_system in tree.includes(path):
            owners = next((o for p, o in THIRD_PARTY.items() if re.match(p, spelling)), None)
            if owners is not None and folder(path) not in owners:
                complaints.append(f"{where}: lib/{folder(path)} may not use <{spelling}>")
            if (owners is None and is_system and not spelling.startswith("msvc/") and
                    not LIBC.match(spelling) and not LINUX.match(spelling)):
                complaints.append(f"{where}: <{spelling}> is neither POSIX nor in this lint's table")
    complain(complaints)


@test
def what_is_linux_only_is_in_os_linux():
    complain([f"{where}: <{spelling}> belongs in lib/base/os_linux.c"
              for path in tree.c_files("lib") if path.name != "os_linux.c"
              for where, spelling, _ in tree.includes(path) if LINUX.match(spelling)])


@test
def no_driver_uses_another():
    complaints = []
    for path in tree.c_files("lib/drivers"):
        own = folder(path).split("/")[1]
        for where, spelling, _ in tree.includes(path):
            other = re.match(r"(?:msvc/(?:bus|store)/|drivers/)(\w+)", spelling)
            if other and other.group(1) not in (own,):
                complaints.append(f"{where}: the {own} driver uses <{spelling}>")
    complain(complaints)


@test
def the_core_names_no_driver():
    drivers = {path.name for path in (tree.root / "lib/drivers").iterdir() if path.is_dir()}
    symbol = re.compile(rf"\bmsvc_(?:bus|store|outbox|inbox)_({'|'.join(sorted(drivers))})\b")
    complaints = []
    for path in tree.c_files("lib"):
        if folder(path) in CORE:
            text = tree.code(path)
            complaints += [f"{tree.at(path, text, m.start())}: {m.group(0)}"
                           for m in symbol.finditer(text)]
    complain(complaints)


@test
def public_headers_include_libc_and_ours_only():
    complain([f"{where}: <{spelling}>" for path in tree.c_files("include")
              for where, spelling, is_system in tree.includes(path)
              if not is_system or not (spelling.startswith("msvc/") or LIBC.match(spelling))])


@test
def services_and_examples_use_public_headers_only():
    complaints = []
    for path in tree.c_files("services-reference", "examples"):
        text = tree.code(path)
        complaints += [f"{where}: {spelling}" for where, spelling, _ in tree.includes(path)
                       if "_internal" in spelling or spelling.startswith("../")]
        complaints += [f"{tree.at(path, text, m.start())}: {m.group(0)} is private"
                       for m in re.finditer(r"\bmsvc__\w+", text)]
    complain(complaints)


main()

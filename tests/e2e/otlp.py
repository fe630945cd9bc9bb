# SPDX-License-Identifier: MIT
"""A collector of OTLP over HTTP, as small as they come, and what protoc reads in what it got."""
import codecs
import http.server
import pathlib
import re
import subprocess
import threading

PROTO = pathlib.Path(__file__).parent.parent / "integration" / "otlp" / "opentelemetry.proto"
LINE = re.compile(r'^ *(?:(\w+) \{|(\w+): (.*)|(\}))$')
KINDS = {f"SPAN_KIND_{name}": name.lower()
         for name in ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")}


class Collector:
    """`with Collector() as collector`: its url, and the requests as (path, content type, bytes)."""

    def __enter__(self):
        requests = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append((self.path, self.headers["Content-Type"], body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def parse(lines):
    """protoc's text as a list of (name, value); the value of a message is such a list."""
    fields = []
    for line in lines:
        message, name, value, end = LINE.match(line).groups()
        if end:
            break
        fields.append((message, parse(lines)) if message else (name, value))
    return fields


def every(fields, name):
    return [value for known, value in fields if known == name]


def raw(fields, name):
    """The bytes of a member; empty when it is not there."""
    values = every(fields, name)
    return codecs.escape_decode(values[0][1:-1])[0] if values else b""


def attributes(owner):
    return {raw(a, "key").decode(): raw(every(a, "value")[0], "string_value").decode()
            for a in every(owner, "attributes")}


class Span:
    """What the tests ask about a span."""

    def __init__(self, service, fields):
        self.service = service
        self.trace, self.id, self.parent = (raw(fields, name).hex() for name in
                                            ("trace_id", "span_id", "parent_span_id"))
        self.kind = KINDS.get(every(fields, "kind")[0], "unspecified")
        self.event = attributes(fields).get("cloudevents.event_type")
        self.name = raw(fields, "name").decode()

    def __str__(self):
        return f"{self.service}: {self.kind} {self.event or self.name}"


def spans_of(bodies):
    """All spans; messages one after the other are one message to protobuf."""
    text = subprocess.run(["protoc", f"--proto_path={PROTO.parent}",
                           "--decode=opentelemetry.ExportTraceServiceRequest", PROTO.name],
                          input=b"".join(bodies), stdout=subprocess.PIPE, check=True).stdout
    spans = []
    for group in every(parse(iter(text.decode().splitlines())), "resource_spans"):
        service = attributes(every(group, "resource")[0])["service.name"]
        spans += [Span(service, fields) for scope in every(group, "scope_spans")
                  for fields in every(scope, "spans")]
    return spans

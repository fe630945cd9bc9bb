#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manifests of the reference services: `kubernetes_lint.py SOURCE_ROOT [PROGRAMS]`.

Every document fits the schema that Kubernetes publishes (which is inside a
package that tests/support/install fetches into ~/.cache/libmsvc), the numbers fit
each other, and every variable is one that the program has.
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import tree
from tap import Offline, Skip, complain, inform, main, test

try:
    import jsonschema
    import yaml
except ImportError as missing:
    jsonschema = yaml = None
    MISSING = str(missing)

PROGRAMS = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
REFERENCE = tree.root / "services-reference"
SERVICES = ["user-service", "inventory-service", "order-service", "payment-service", "notification-service"]
KINDS = ["ConfigMap", "Service", "PodDisruptionBudget", "Deployment"]
VERSIONS = ["1.30", "1.36"]  # the oldest that knows preStop.sleep, and a new one
SCHEMAS = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "libmsvc/schemas"
SLACK_S = 2  # between the longest drain and SIGKILL
# What the Secret beside each manifest holds.
SECRETS = {"STORE_URL": "postgres://localhost/db", "BUS_URL": "rabbitmq://localhost/vhost"}


def manifest(service):
    if yaml is None:
        raise Skip(f"{MISSING}: tests/support/install test")
    path = REFERENCE / service / "deploy/kubernetes.yaml"
    return {document["kind"]: document for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))}


def pod(documents):
    return documents["Deployment"]["spec"]["template"]["spec"]


def container(documents):
    return pod(documents)["containers"][0]


def prefix(service):
    return service.split("-")[0].upper() + "_"


# ---- the schema ----

class Schemas:
    """Those of one version; they refuse fields that they do not name."""

    def __init__(self, version):
        found = sorted(SCHEMAS.glob("kubernetes_validate-*.whl"))
        if not found:
            raise Offline("the schemas are not there: tests/support/install test")
        self.archive = zipfile.ZipFile(found[-1])
        self.folder = f"kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict/"
        self.definitions = self.read("_definitions.json")["$defs"]

    def read(self, name):
        """One file, its references into _definitions.json made local ones."""
        text = self.archive.read(self.folder + name).decode("utf-8")
        schema = json.loads(re.sub(r'"[^"]*_definitions\.json#/', '"#/', text))
        schema.pop("$id", None)
        return schema

    def complaints(self, document):
        """One line for each thing that is wrong with a document."""
        group = document["apiVersion"].replace("/", "-")
        schema = self.read(f"{document['kind'].lower()}-{group}.json")
        schema["$defs"] = self.definitions
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
                for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


@test
def every_service_has_all_that_belongs_to_a_deployment():
    complain([f"{service}: expected one each of {', '.join(KINDS)}" for service in SERVICES
              if sorted(manifest(service)) != sorted(KINDS)])


@test
def every_document_fits_the_schema_of_kubernetes():
    complaints = []
    for version in VERSIONS:
        schemas = Schemas(version)
        complaints += [f"{service}, {kind}, Kubernetes {version}: {line}" for service in SERVICES
                       for kind, document in manifest(service).items()
                       for line in schemas.complaints(document)]
    complain(complaints)


def set_at(document, path, value):
    for part in path[:-1]:
        document = document[part]
    document[path[-1]] = value


POD = ["spec", "template", "spec"]
CONTAINER = POD + ["containers", 0]
WRONG = [  # kind, where, what
    ("Deployment", POD + ["terminationGracePeriod"], 30),
    ("Deployment", POD + ["terminationGracePeriodSeconds"], "30"),
    ("Deployment", CONTAINER + ["readinessProbe", "httpGett"], {}),
    ("Deployment", CONTAINER + ["lifecycle", "preStop", "sleep"], {"second": 5}),
    ("Deployment", CONTAINER + ["ports", 0, "containerPort"], "http"),
    ("Deployment", ["spec", "replicas"], "two"),
    ("PodDisruptionBudget", ["spec", "maxUnavailible"], 1),
    ("Service", ["spec", "ports", 0], {"name": "http"}),
    ("ConfigMap", ["data", "X"], 5),
]


@test
def the_schema_refuses_what_is_wrong():
    schemas = Schemas(VERSIONS[0])
    complaints = []
    for kind, where, what in WRONG:
        document = copy.deepcopy(manifest("user-service")[kind])
        set_at(document, where, what)
        if not schemas.complaints(document):
            complaints.append(f"{kind}: {where[-1]} = {what} was not refused")
    complain(complaints)


# ---- the numbers ----

def window_s(probe):
    return probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def drain_complaints(service, documents):
    data = documents["ConfigMap"]["data"]
    pause_s = container(documents)["lifecycle"]["preStop"]["sleep"]["seconds"]
    delay_s = int(data[prefix(service) + "DRAIN_DELAY_MS"]) / 1000
    rest_s = int(data[prefix(service) + "DRAIN_TIMEOUT_MS"]) / 1000
    start_s = int(data[prefix(service) + "START_TIMEOUT_MS"]) / 1000
    grace_s = pod(documents)["terminationGracePeriodSeconds"]
    complaints = []
    if grace_s < pause_s + delay_s + rest_s + SLACK_S:
        complaints.append(f"{service}: {grace_s} s of grace, but a drain takes {pause_s} + {delay_s} + {rest_s}")
    if window_s(container(documents)["readinessProbe"]) > pause_s + delay_s:
        complaints.append(f"{service}: it stops listening before its readiness probe has failed")
    if window_s(container(documents)["startupProbe"]) <= start_s:
        complaints.append(f"{service}: its startup probe gives up before it does")
    return complaints


def probe_complaints(service, documents):
    complaints = []
    for name, path in (("startup", "/startupz"), ("readiness", "/readyz"), ("liveness", "/livez")):
        get = container(documents)[f"{name}Probe"].get("httpGet", {})
        if get.get("path") != path or get.get("port") != "http":
            complaints.append(f"{service}: its {name} probe asks {get}, expected {path} at port http")
    return complaints


def name_complaints(service, documents):
    labels = {"app.kubernetes.io/name": service}
    deployment = documents["Deployment"]["spec"]
    places = {"the Service": documents["Service"]["spec"]["selector"],
              "the PodDisruptionBudget": documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
              "the Deployment": deployment["selector"]["matchLabels"],
              "the pods": deployment["template"]["metadata"]["labels"]}
    complaints = [f"{service}: {place} has {found}" for place, found in places.items() if found != labels]
    port = container(documents)["ports"][0]
    listen = documents["ConfigMap"]["data"][prefix(service) + "HTTP_LISTEN"]
    if port != {"name": "http", "containerPort": 8080} or listen != "0.0.0.0:8080":
        complaints.append(f"{service}: it listens on {listen}, and its port is {port}")
    if documents["Service"]["spec"]["ports"] != [{"name": "http", "port": 8080, "targetPort": "http"}]:
        complaints.append(f"{service}: its Service does not lead to port http")
    sources = [next(iter(source.values()))["name"] for source in container(documents)["envFrom"]]
    complaints += [f"{service}: it takes its environment from {source}" for source in sources if source != service]
    return complaints


def safety_complaints(service, documents):
    context, pods = container(documents)["securityContext"], pod(documents)
    wanted = {"runs as root": pods["securityContext"].get("runAsNonRoot"),
              "may gain privileges": context.get("allowPrivilegeEscalation") is False,
              "writes to its image": context.get("readOnlyRootFilesystem"),
              "keeps capabilities": context.get("capabilities") == {"drop": ["ALL"]},
              "has no seccomp profile": pods["securityContext"].get("seccompProfile") == {"type": "RuntimeDefault"},
              "is given a token of the cluster": pods.get("automountServiceAccountToken") is False,
              "has no limit of memory": container(documents)["resources"].get("limits", {}).get("memory"),
              "goes down as a whole": documents["Deployment"]["spec"]["replicas"] > 1}
    return [f"{service}: it {problem}" for problem, is_right in wanted.items() if not is_right]


RULES = [drain_complaints, probe_complaints, name_complaints, safety_complaints]


def all_complaints(service, documents):
    return [line for rule in RULES for line in rule(service, documents)]


@test
def probes_numbers_and_names_fit_each_other():
    complain([line for service in SERVICES for line in all_complaints(service, manifest(service))])


UNFIT = [  # kind, where, what
    ("Deployment", POD + ["terminationGracePeriodSeconds"], 26),
    ("Deployment", CONTAINER + ["readinessProbe", "periodSeconds"], 6),
    ("Deployment", CONTAINER + ["startupProbe", "failureThreshold"], 30),
    ("Deployment", CONTAINER + ["livenessProbe", "httpGet", "path"], "/readyz"),
    ("Deployment", CONTAINER + ["securityContext", "readOnlyRootFilesystem"], False),
    ("Deployment", ["spec", "replicas"], 1),
    ("Service", ["spec", "selector"], {"app": "user-service"}),
    ("ConfigMap", ["data", "USER_HTTP_LISTEN"], "127.0.0.1:8080"),
    ("ConfigMap", ["data", "USER_DRAIN_TIMEOUT_MS"], "30000"),
]


@test
def what_does_not_fit_is_found():
    complaints = []
    for kind, where, what in UNFIT:
        documents = copy.deepcopy(manifest("user-service"))
        set_at(documents[kind], where, what)
        if not all_complaints("user-service", documents):
            complaints.append(f"{kind}: {where[-1]} = {what} was not found")
    complain(complaints)


# ---- the variables ----

def program(service):
    path = PROGRAMS / service / service if PROGRAMS else None
    if path is None or not path.exists():
        raise Skip(f"{service} is not built")
    return path


@test
def every_variable_is_one_that_the_program_has():
    complaints = []
    for service in SERVICES:
        help_text = subprocess.run([program(service), "--help"], capture_output=True, text=True, check=True).stdout
        known = set(re.findall(r"(?m)^  ([A-Z][A-Z0-9_]+)$", help_text))
        complaints += [f"{service}: {name} is no setting of it" for name in manifest(service)["ConfigMap"]["data"]
                       if name not in known and not name.startswith(prefix(service) + "OTEL_")]
    complain(complaints)


@test
def every_program_takes_its_configuration():
    complaints = []
    for service in SERVICES:
        environment = dict(manifest(service)["ConfigMap"]["data"])
        for name, value in SECRETS.items():
            environment[prefix(service) + name] = value
        done = subprocess.run([program(service), "--check-config"], env=environment, capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            complaints.append(f"{service}: {done.stderr.strip()}")
    complain(complaints)


@test
def the_image_is_made_of_targets_that_the_manifests_name():
    text = (REFERENCE / "Containerfile").read_text(encoding="utf-8")
    targets = dict(re.findall(r"(?m)^FROM base AS (\S+)\nCOPY --from=build /programs/usr/bin/(\S+) ", text))
    complaints = [f"{service}: {container(manifest(service))['image']} is no target of the Containerfile"
                  for service in SERVICES
                  if targets.get(container(manifest(service))["image"].split(":")[0]) != service]
    version = re.search(r"version: '([\d.]+)'", (tree.root / "meson.build").read_text(encoding="utf-8")).group(1)
    complaints += [f"{service}: its image is not of version {version}" for service in SERVICES
                   if not container(manifest(service))["image"].endswith(":" + version)]
    inform(f"{len(targets)} targets")
    complain(complaints)


main()

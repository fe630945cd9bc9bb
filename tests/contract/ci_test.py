#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The workflow that users copy is one: `ci_test.py WORKFLOW PROGRAM`.

It is valid YAML with jobs and steps, every command of msvc-verify in it is
there, and knows the options that it is given.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Skip, complain, main, test  # noqa: E402

workflow, program = pathlib.Path(sys.argv[1]), sys.argv[2]


def load():
    try:
        import yaml
    except ImportError as missing:
        raise Skip(f"no Python module {missing.name}") from missing
    return yaml.safe_load(workflow.read_text(encoding="utf-8"))


def steps(document):
    return [step for job in document["jobs"].values() for step in job["steps"]]


def commands(document):
    """(command, options) of each call of msvc-verify."""
    for step in steps(document):
        for line in step.get("run", "").splitlines():
            words = line.split()
            if words[:1] == ["msvc-verify"]:
                yield words[1], re.findall(r"--[a-z-]+", line)


@test
def is_a_workflow():
    document = load()
    complain([f"{key} is missing" for key in ("name", "jobs") if key not in document])
    complain([f"a step with neither run nor uses: {step}" for step in steps(document)
              if ("run" in step) == ("uses" in step)])


@test
def its_jobs_need_jobs_that_are_there():
    jobs = load()["jobs"]
    complain([f"{name} needs {need}" for name, job in jobs.items()
              for need in ([job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", []))
              if need not in jobs])


@test
def its_commands_exist_and_know_their_options():
    found = list(commands(load()))
    complaints = [] if len(found) >= 4 else [f"expected 4 commands, found {len(found)}"]
    for command, options in found:
        done = subprocess.run([program, "help", command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            complaints.append(f"{command}: {done.stderr}")
        complaints += [f"{command} does not know {option}" for option in options
                       if not re.search(re.escape(option) + r"\b", done.stdout)]
    complain(complaints)


main()

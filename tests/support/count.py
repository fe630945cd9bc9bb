# SPDX-License-Identifier: MIT
"""Count what meson's test logs say: each TAP subtest, or a program without TAP as one.

usage: count.py BROKEN-BUILDS testlog.json...
Prints every skip with its reason and every failure, then the closing line; exits 1 when anything failed.
"""
import json
import re
import sys

RESULT = re.compile(r"^(ok|not ok)(?: +\d+)?(?: +-? *(.*?))?(?:# *((?i:SKIP|TODO))\b *(.*))?$")


def subtests(record):
    """Yield (outcome, name, reason) of one test program."""
    found = False
    for line in record.get("stdout", "").splitlines():
        plan = re.match(r"^1\.\.0 *# *SKIP *(.*)", line, re.I)
        if plan:
            yield "skipped", record["name"], plan.group(1)
            return
        match = RESULT.match(line)
        if not match:
            continue
        found = True
        word, name, directive, reason = match.groups()
        name = name or ""
        if directive and directive.upper() == "SKIP":
            yield "skipped", name.strip(), reason
        else:
            yield ("passed" if word == "ok" else "failed"), name.strip(), ""
    crashed = record["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")
    if not found:
        outcome = {"OK": "passed", "SKIP": "skipped"}.get(record["result"], "failed")
        reason = record.get("stderr", "") or record.get("stdout", "")
        yield outcome, record["name"], (reason.strip().splitlines() or ["no reason given"])[-1]
    elif crashed:
        yield "failed", record["name"] + ": " + record["result"].lower(), ""


def main():
    counts = {"passed": 0, "failed": int(sys.argv[1]), "skipped": 0}
    for path in sys.argv[2:]:
        build = path.split("/")[1]
        with open(path, encoding="utf-8") as log:
            for line in log:
                record = json.loads(line)
                outcomes = list(subtests(record))
                if record["result"] not in ("OK", "SKIP") and not any(o == "failed" for o, _, _ in outcomes):
                    outcomes.append(("failed", record["name"], ""))
                for outcome, name, reason in outcomes:
                    counts[outcome] += 1
                    if outcome != "passed":
                        print(f"{outcome}: {build}: {record['name']}: {name} {reason}".rstrip())
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or counts["passed"] == 0 else 0


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Documentation is true as far as a program can tell: `docs_test.py SOURCE_ROOT`.

Every fragment of C compiles, links lead somewhere, every header has a page,
and pages of modules have their sections in the fixed order.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(root / "tests/support"))
from tap import Skip, complain, inform, main, test  # noqa: E402

PAGES = [root / "README.md", root / "AGENTS.md", *sorted((root / "docs").glob("*.md")),
         *sorted((root / "services-reference").rglob("*.md")), *sorted((root / "tests").rglob("*.md"))]
SECTIONS = ["What it is for", "Fragment", "How it behaves", "Errors", "Threads", "Limits", "See also"]
WARNINGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fno-builtin", "-fsyntax-only"]
FUNCTION = re.compile(r"(?m)^(?:static |int |void |bool |const |enum |struct )[^;={}]*\)\n\{\n.*?^\}\n", re.S)
TABLE = re.compile(r"(?m)^static const [^;{]*= \{\n.*?^\};\n", re.S)


def name(path):
    return str(path.relative_to(root))


def fences(path):
    """(line, text) of each fence that is marked as C."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"(?m)^```c\n(.*?)^```", text, re.S):
        yield text.count("\n", 0, match.start()) + 2, match.group(1)


def essay_fragments(path):
    """(line, text) of each indented piece of C in a header's @file comment.

    What is not C (no semicolon ends a line), or leaves something out (…), is prose.
    """
    text = path.read_text(encoding="utf-8")
    essay = re.search(r"/\*\*\n \* @file.*?\*/", text, re.S)
    if essay is None:
        return
    for match in re.finditer(r"(?:^ \*(?:     .*)?\n)+", essay.group(0), re.M):
        fragment = re.sub(r"(?m)^ \*(?:     )?", "", match.group(0)).strip("\n") + "\n"
        line = text.count("\n", 0, essay.start() + match.start()) + 1
        if re.search(r"(?m)(\);|^\})( */\*.*\*/| *//.*)?$", fragment) and "…" not in fragment:
            yield line, fragment


def program(path, fragment):
    """The fragment in a translation unit: functions and tables outside, statements in a function.

    What a page alone takes for granted is in context/: for breaker.md in breaker.md.h, for breaker.h
    in breaker.h.
    """
    outside = re.findall(r"(?m)^#include.*\n", fragment)
    rest = re.sub(r"(?m)^#include.*\n", "", fragment)
    for pattern in (FUNCTION, TABLE):
        outside += pattern.findall(rest)
        rest = pattern.sub("", rest)
    own = root / "tests/docs/context" / (path.name if path.suffix == ".h" else f"{path.name}.h")
    context = '#include "context.h"\n' + (f'#include "{own}"\n' if own.exists() else "")
    if rest.strip():
        outside.append(f"int fragment(void);\nint fragment(void)\n{{\n{rest}\nreturn 0;\n}}\n")
    return context + "".join(outside)


def compile_all(fragments):
    if shutil.which("cc") is None:
        raise Skip("cc is not installed")
    count = 0
    complaints = []
    with tempfile.TemporaryDirectory(prefix="msvc-docs-") as scratch:
        headers = sorted((root / "include").rglob("*.h"))
        (pathlib.Path(scratch) / "every_header.h").write_text("".join(
            f"#include <{header.relative_to(root / 'include')}>\n" for header in headers))
        flags = subprocess.run(["pkg-config", "--cflags", "libcurl", "jansson", "libpq", "sqlite3"],
                               capture_output=True, text=True, check=False)
        if flags.returncode != 0:
            raise Skip("a library that fragments use is not installed: " + flags.stderr.strip())
        command = ["cc", *WARNINGS, *flags.stdout.split(), f"-I{root}/include", f"-I{root}/tests/docs",
                   f"-I{root}/tests/conformance", f"-I{scratch}", "-x", "c", "-"]
        for path, line, fragment in fragments:
            count += 1
            done = subprocess.run(command, input=program(path, fragment), text=True, capture_output=True,
                                  check=False)
            if done.returncode != 0:
                complaints.append(f"{name(path)}:{line} does not compile:\n{done.stderr}")
    inform(f"{count} fragments")
    complain(complaints or ([] if count else ["expected fragments, found none"]))


@test
def fragments_on_pages_compile():
    compile_all((path, line, text) for path in PAGES for line, text in fences(path))


@test
def fragments_in_headers_compile():
    compile_all((path, line, text) for path in sorted((root / "include").rglob("*.h"))
                for line, text in essay_fragments(path))


@test
def relative_links_lead_to_a_file():
    complaints = []
    for path in PAGES:
        text = re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                complaints.append(f"{name(path)}: {target} is not there")
    complain(complaints)


@test
def paths_in_text_exist():
    complaints = []
    for path in PAGES:
        for target in re.findall(r"`((?:include|lib|docs|examples|tests|services-reference)/[\w./-]+)`",
                                 path.read_text(encoding="utf-8")):
            if not (root / target).exists() and not (path.parent / target).exists():
                complaints.append(f"{name(path)}: {target} is not there")
    complain(complaints)


@test
def every_public_header_is_on_some_page():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    complain([f"include/{header} is on no page" for header in
              (str(h.relative_to(root / "include")) for h in sorted((root / "include").rglob("*.h")))
              if header not in text])


@test
def every_page_of_a_module_has_its_sections_in_order():
    complaints = []
    for path in sorted((root / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if "#include <msvc/" not in text.split("## ")[0]:
            continue  # not the page of a module
        found = [section for section in re.findall(r"(?m)^## (.*)$", text) if section in SECTIONS]
        if found != SECTIONS:
            complaints.append(f"{name(path)} has {found}, expected {SECTIONS}")
    complain(complaints)


@test
def every_example_is_on_the_first_screen_and_says_what_it_prints():
    readme = (root / "README.md").read_text(encoding="utf-8")
    complaints = []
    for path in sorted((root / "examples").glob("*.c")):
        if f"examples/{path.name}" not in readme:
            complaints.append(f"README.md does not link {name(path)}")
        expected = path.with_suffix(".expected")
        if not expected.exists():
            complaints.append(f"{name(expected)} is missing")
            continue
        comment = path.read_text(encoding="utf-8").split("*/")[1]
        last = expected.read_text(encoding="utf-8").splitlines()[-1]
        if "cc " not in comment or last not in comment:
            complaints.append(f"{name(path)}: its first comment must say how to build it, and that "
                              f"it prints \"{last}\"")
    complain(complaints)


main()

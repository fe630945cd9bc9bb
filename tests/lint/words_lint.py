#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Words that code must or must not have: `words_lint.py SOURCE_ROOT`."""
import re

import tree
from tap import complain, main, test

FORBIDDEN = ("_exit|abort|exit|quick_exit|perror|printf|putchar|puts|vprintf|"
             "getenv|secure_getenv|putenv|setenv|unsetenv|nanosleep|sleep|usleep|clock_nanosleep|"
             "popen|system|setlocale|signal|sigaction|atexit|pthread_atfork|strtok|gmtime|localtime|"
             "asctime|ctime|rand|srand|sprintf|vsprintf|gets|alloca")
ALLOCATION = "malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf"
# (file, word): the exceptions, each said where it is documented.
EXCEPTIONS = {
    ("lib/base/fork.c", "pthread_atfork"),  # docs/THREADS.md: how a child knows that it is one
    ("lib/service/process.c", "sigaction"),  # service.h: it handles signals
    ("lib/service/process.c", "signal"),
    ("lib/drivers/sqlite/connection.c", "nanosleep"),  # SQLite's busy handler can only wait
}
PROGRAM = "lib/contract/cli/"  # msvc-verify, beside its library: a program prints and exits
THREADS = {"lib/contract/jobs.c", "lib/http_server/server.c", "lib/http_server/workers.c", "lib/runner/runner.c"}
SPDX = "SPDX-License-Identifier: MIT"


def calls(path, words):
    text = tree.code(path)
    for match in re.finditer(rf"(?<![\w.>])({words})\s*\(", text):
        yield tree.at(path, text, match.start()), match.group(1)


@test
def nothing_in_lib_exits_prints_sleeps_or_reads_the_environment():
    complain([f"{where}: {word}()" for path in tree.c_files("lib")
              for where, word in calls(path, FORBIDDEN)
              if (tree.name(path), word) not in EXCEPTIONS and not tree.name(path).startswith(PROGRAM)])


@test
def nothing_in_lib_writes_to_standard_streams():
    complaints = []
    for path in tree.c_files("lib"):
        if tree.name(path).startswith(PROGRAM):
            continue
        text = tree.code(path)
        complaints += [f"{tree.at(path, text, m.start())}: {m.group(0)}"
                       for m in re.finditer(r"\b(?:stdout|stderr)\b", text)]
    complain(complaints)


@test
def memory_in_lib_comes_through_one_seam():
    complain([f"{where}: {word}(), expected what base/alloc_internal.h has"
              for path in tree.c_files("lib") if path.name != "alloc.c"
              for where, word in calls(path, ALLOCATION)])


@test
def only_what_the_user_starts_starts_threads():
    complain([f"{where}: {word}()" for path in tree.c_files("lib")
              for where, word in calls(path, "pthread_create|thrd_create")
              if tree.name(path) not in THREADS])


@test
def no_typedef_hides_a_struct_an_enum_or_a_pointer():
    complaints = []
    for path in tree.c_files():
        text = tree.code(path)
        for match in re.finditer(r"(?m)^\s*typedef\s[^;]*;", text):
            if match.group(0).strip() == "typedef T type;":
                continue  # base.h: MSVC_OPTIONS_OF in C++
            if "(" not in match.group(0) or re.search(r"\(\s*\*", match.group(0)):
                complaints.append(f"{tree.at(path, text, match.start())}: {match.group(0).split(chr(10))[0].strip()}")
    complain(complaints)


@test
def the_licence_is_the_first_line():
    complaints = []
    for path in tree.files():
        if path.suffix in (".c", ".h", ".py", ".sh"):
            lines = path.read_text(encoding="utf-8").splitlines()[:2]
            first = lines[1:] if lines and lines[0].startswith("#!") else lines
            if not first or SPDX not in first[0]:
                complaints.append(f"{tree.name(path)}: expected \"{SPDX}\" in its first line")
    complain(complaints)


@test
def every_opaque_type_says_how_threads_may_share_it():
    complaints = []
    for path in tree.c_files("include"):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"/\*\*((?:(?!\*/).)*)\*/\nstruct (msvc_\w+);", text, re.S):
            if "Threading:" not in match.group(1):
                complaints.append(f"{tree.at(path, text, match.start())}: struct {match.group(2)} "
                                  "has no \"Threading:\" sentence")
    complain(complaints)


@test
def every_opaque_type_is_documented_where_its_functions_are():
    complaints = []
    documented = set()
    texts = {path: path.read_text(encoding="utf-8") for path in tree.c_files("include")}
    for text in texts.values():
        documented |= set(re.findall(r"\*/\nstruct (msvc_\w+)(?:;| \{)", text))
    for path, text in texts.items():
        for match in re.finditer(r"\bmsvc_(\w+)_new\(\s*struct (msvc_\w+) \*\*", text):
            if match.group(2) not in documented:
                complaints.append(f"{tree.name(path)}: struct {match.group(2)} is made here, but no "
                                  "header has a comment right above it")
    complain(complaints)


@test
def every_variadic_function_is_checked_like_printf():
    complaints = []
    for path in tree.c_files("include", "lib"):
        if path.suffix == ".c":
            continue
        text = tree.code(path)
        for match in re.finditer(r"(?m)^(?!#)[^\n;#]*\w\([^;{}#]*\.\.\.\)[^;{]*;", text):
            if "MSVC_PRINTF" not in match.group(0):
                complaints.append(f"{tree.at(path, text, match.start())}: no MSVC_PRINTF")
    complain(complaints)


@test
def no_macro_takes_the_compilers_name():
    pattern = re.compile(r"#\s*(?:define|undef|if|ifdef|ifndef|elif)[^\n]*\b(?:MSVC|_MSC_\w+)\b")
    complaints = []
    for path in tree.c_files():
        text = tree.code(path)
        complaints += [f"{tree.at(path, text, m.start())}: {m.group(0)}"
                       for m in pattern.finditer(text)]
    complain(complaints)


@test
def nothing_names_a_machine_it_was_written_on():
    pattern = re.compile(r"(?<![\w.{}$])/" + "work/|/" + "home/\\w+|/" + r"root/|/" + "Users/|"
                         r"\bFIX" + r"ME\b|\bXX" + r"X\b|proxy\.(?:internal|local)\b")
    complaints = []
    for path in tree.files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image, a certificate, a fuzzer's seed
        complaints += [f"{tree.at(path, text, m.start())}: {m.group(0)}"
                       for m in pattern.finditer(text)]
    complain(complaints)


main()

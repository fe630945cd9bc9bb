# SPDX-License-Identifier: MIT
"""The tree as the rules see it: which files there are, and C code without its comments and strings."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))

root = pathlib.Path(sys.argv[1]).resolve()
FOLDERS = ["include", "lib", "examples", "services-reference", "tests", "docs"]
SKIPPED = {"__pycache__", ".git"}
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*folders):
    """Every file below these folders (of the root: all of ours), in order."""
    for folder in folders or FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not SKIPPED & set(path.parts):
                yield path
    if not folders:
        yield from sorted(path for path in root.iterdir() if path.is_file() and path.name != ".git")
        yield from sorted(path for path in (root / ".ci").glob("*") if path.is_file())


def c_files(*folders):
    return (path for path in files(*folders) if path.suffix in (".c", ".h"))


def name(path):
    return str(path.relative_to(root))


def blank(match):
    """What is left of a comment or a string: its line breaks, and the quotes."""
    text = match.group(0)
    if text[0] == "/":
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def code(path):
    """A C file without the contents of its comments and strings; lines and columns stay."""
    return TOKEN.sub(blank, path.read_text(encoding="utf-8"))


def at(path, text, offset):
    return f"{name(path)}:{text.count(chr(10), 0, offset) + 1}"


def includes(path):
    """(line, spelling, is_system) of each #include."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r'(?m)^#\s*include\s*([<"])([^>"]+)[>"]', text):
        yield at(path, text, match.start()), match.group(2), match.group(1) == "<"

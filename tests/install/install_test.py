#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Install into a folder of its own and build against that: `install_test.py SOURCE_ROOT BUILD_ROOT`.

The installed tree is moved (the prefix in the .pc files is rewritten), the way
a package is unpacked somewhere else.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Failure, Skip, complain, main, run, test  # noqa: E402

source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
here = source / "tests/install"
scratch = tempfile.TemporaryDirectory(prefix="msvc-install-")
prefix = pathlib.Path(scratch.name) / "moved"
SAYS = "the breaker is open\n"


def install():
    staged = pathlib.Path(scratch.name) / "staged"
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", staged)
    options = json.loads(run("meson", "introspect", "--buildoptions", build))
    configured = next(option["value"] for option in options if option["name"] == "prefix")
    shutil.move(staged / configured.lstrip("/"), prefix)
    for file in prefix.rglob("*.pc"):
        file.write_text(re.sub(r"(?m)^prefix=.*$", f"prefix={prefix}", file.read_text()))


def pkg_config_path():
    return next(prefix.rglob("pkgconfig"))


def environment():
    libraries = str(pkg_config_path().parent)
    return {**os.environ, "PKG_CONFIG_PATH": str(pkg_config_path()), "LD_LIBRARY_PATH": libraries}


def pkg_config(*arguments):
    return run("pkg-config", *arguments, env=environment()).split()


def needed(program):
    return re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))


def build_program(name, libraries):
    program = prefix / name
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", here / "program.c", *libraries,
        "-o", program, cwd=prefix)
    return program


def check_output(program, env):
    found = run(program, env=env)
    if found != SAYS:
        raise Failure(f"{program.name} printed {found!r}, expected {SAYS!r}")


@test
def a_program_builds_with_pkg_config_alone_and_runs():
    program = build_program("shared", pkg_config("--cflags", "--libs", "libmsvc-core"))
    if "libmsvc-core.so.0" not in needed(program):
        raise Failure(f"expected libmsvc-core.so.0 among {needed(program)}")
    check_output(program, environment())


@test
def a_program_builds_against_the_static_core_and_runs():
    archive = pkg_config_path().parent / "libmsvc-core.a"
    if not archive.exists():
        raise Skip("no static library was built")
    flags = pkg_config("--cflags", "--libs", "--static", "libmsvc-core")
    program = build_program("static", [archive if flag == "-lmsvc-core" else flag for flag in flags])
    if any("msvc" in library for library in needed(program)):
        raise Failure(f"expected no libmsvc among {needed(program)}")
    check_output(program, os.environ)


@test
def every_part_links_as_pkg_config_says():
    program = prefix / "main.c"
    program.write_text("int main(void)\n{\n    return 0;\n}\n")
    for part in sorted(file.stem for file in pkg_config_path().glob("*.pc")):
        run("cc", "-Wl,--no-as-needed", program, *pkg_config("--cflags", "--libs", part),
            "-o", prefix / "linked", cwd=prefix)
        run(prefix / "linked", env=environment())


def closure(part):
    """Our archives that a part needs, and what their .pc files name besides.

    Not what those name in turn: Debian's libcurl.pc names libraries that come with no -dev package of its own.
    """
    text = (pkg_config_path() / f"{part}.pc").read_text()
    names = [item.split()[0] for line in re.findall(r"(?m)^Requires(?:\.private)?: (.*)$", text)
             for item in line.split(",")]
    flags = re.findall(r"(?m)^Libs\.private: (.*)$", text)
    for required in names:
        ours = required.startswith("libmsvc-")
        flags += closure(required) if ours else pkg_config("--libs", required)
    return [pkg_config_path().parent / f"{part}.a", *flags]


@test
def a_static_link_names_all_that_is_needed():
    for archive in sorted(pkg_config_path().parent.glob("libmsvc-*.a")):
        first, *others = closure(archive.stem)
        run("cc", "-shared", "-Wl,--no-undefined", "-Wl,--whole-archive", first,
            "-Wl,--no-whole-archive", *others, "-o", prefix / "whole.so", cwd=prefix)


@test
def a_part_requires_the_core_of_exactly_its_version():
    version = pkg_config("--modversion", "libmsvc-core")[0]
    complaints = []
    for file in sorted(pkg_config_path().glob("libmsvc*.pc")):
        lines = re.findall(r"(?m)^Requires: (.*)$", file.read_text())
        ours = [item.strip() for line in lines for item in line.split(",")]
        complaints += [f"{file.name} requires \"{item}\", expected \"… = {version}\""
                       for item in ours if item.split()[1:] != ["=", version]]
        if file.stem != "libmsvc-core" and not ours:
            complaints.append(f"{file.name} requires nothing, expected libmsvc-core")
    complain(complaints)


@test
def every_header_of_what_is_built_is_installed():
    include = source / "include"
    installed = {header.relative_to(prefix / "include") for header in prefix.rglob("*.h")}
    built = {file.stem[len("libmsvc-"):] for file in pkg_config_path().glob("libmsvc-*.pc")}
    owners = {"http_client": "http-client", "http_fields": "http-server",
              "http_router": "http-server", "http_server": "http-server", "jwt": "jwt",
              "otlp": "otlp", "contract": "contract", "contract_mock": "contract",
              "contract_verify": "contract", "service": "service",
              "idempotency": "service", "sqlite": "sqlite", "postgres": "postgres",
              "rabbitmq": "rabbitmq"}
    expected = {header.relative_to(include) for header in include.rglob("*.h")
                if owners.get(header.stem, "core") in built}
    complain([f"include/{header} is not installed" for header in sorted(expected - installed)] +
             [f"{header} is installed without its library" for header in sorted(installed - expected)])


@test
def the_schemas_are_installed():
    installed = {file.name for file in (prefix / "share/libmsvc/schema").rglob("*.sql")}
    expected = {file.name for driver in ("sqlite", "postgres")
                if (pkg_config_path() / f"libmsvc-{driver}.pc").exists()
                for file in (source / "lib/drivers" / driver / "schema").glob("*.sql")}
    complain([f"{name} is not installed" for name in sorted(expected - installed)])


def cmake(name, what, *options):
    if shutil.which("cmake") is None:
        raise Skip("cmake is not installed")
    project = prefix / name
    run("cmake", "-S", here, "-B", project, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DWHAT={what}",
        *options, env=environment())
    run("cmake", "--build", project)
    return project / "program"


@test
def a_cmake_project_finds_the_package_and_runs():
    check_output(cmake("cmake-shared", "libmsvc::core"), environment())


@test
def a_cmake_project_links_the_umbrella():
    check_output(cmake("cmake-umbrella", "libmsvc::libmsvc"), environment())


@test
def a_cmake_project_links_the_archives():
    if not (pkg_config_path().parent / "libmsvc-core.a").exists():
        raise Skip("no static library was built")
    program = cmake("cmake-static", "libmsvc::libmsvc", "-Dlibmsvc_USE_STATIC_LIBS=ON")
    if any("msvc" in library for library in needed(program)):
        raise Failure(f"expected no libmsvc among {needed(program)}")
    check_output(program, os.environ)


@test
def a_cmake_project_is_told_what_is_missing():
    if shutil.which("cmake") is None:
        raise Skip("cmake is not installed")
    project = prefix / "missing"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(missing C)\n"
        "find_package(libmsvc 0.1 REQUIRED COMPONENTS teleport)\n")
    done = subprocess.run(["cmake", "-S", project, "-B", project / "build",
                           f"-DCMAKE_PREFIX_PATH={prefix}"], capture_output=True, text=True)
    if done.returncode == 0 or "libmsvc was built without teleport" not in done.stderr:
        raise Failure(f"expected to read what is missing, found:\n{done.stderr}")


install()
main()

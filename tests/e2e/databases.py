# SPDX-License-Identifier: MIT
"""A database of its own for each service, in the private server that POSTGRES_URL names."""
import os
import subprocess

from demo import SERVICES


def make_databases():
    for service in SERVICES:
        subprocess.run(["psql", "-q", os.environ["POSTGRES_URL"], "-c",
                        f'CREATE DATABASE "{service}"'], check=True)

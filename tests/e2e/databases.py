# SPDX-License-Identifier: MIT
"""A database of its own for each service, in the private server that POSTGRES_URL names."""
import os
import subprocess

from demo import SERVICES


def make_databases():
    """Empty ones, whatever an earlier test left."""
    for service in SERVICES:
        for command in (f'DROP DATABASE IF EXISTS "{service}"', f'CREATE DATABASE "{service}"'):
            subprocess.run(["psql", "-q", os.environ["POSTGRES_URL"], "-c", command], check=True)

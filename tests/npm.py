"""Packages from npm's registry, for tests that hold Pollux against other people's tools."""

import shutil
import subprocess

import pytest


def install(directory, *packages, seconds=300):
    """Puts packages, each NAME@VERSION, into directory/node_modules. Skips the test where there is no npm.

    Raises subprocess.CalledProcessError or TimeoutExpired if npm fails, as it does where its registry cannot be reached.
    """
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    subprocess.run(["npm", "install", "--loglevel=error", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                    "--prefer-offline", "--fetch-retries=1", "--prefix", directory, *packages], timeout=seconds, check=True)

"""Packages from npm's registry, for tests that hold Pollux against other people's tools."""

import shutil
import subprocess

import pytest


def install(directory, *packages, seconds=300):
    """Puts packages, each NAME@VERSION, into directory/node_modules. Skips the test where there is no npm, or its registry
    cannot be reached.

    Raises subprocess.CalledProcessError or TimeoutExpired if npm fails for another reason.
    """
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    try:
        subprocess.run(["npm", "install", "--loglevel=error", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                        "--prefer-offline", "--fetch-retries=1", "--prefix", directory, *packages], timeout=seconds, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        if not _reachable():
            pytest.skip("npm's registry cannot be reached")
        raise


def _reachable():
    try:
        return subprocess.run(["npm", "ping", "--fetch-retries=0"], timeout=30, capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False

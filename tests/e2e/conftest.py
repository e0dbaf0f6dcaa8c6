"""Fixtures: in which modes the suites run, and servers that are stopped and checked at the end."""

import contextlib
import pathlib
import resource
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1]))

pytest.register_assert_rewrite("client", "harness", "patience", "visitor")  # So that their assertions explain themselves.

from harness import BINARY, HAS_IO_URING, MODES, Server  # noqa: E402
from with_mariadb import MariaDb  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes longer than ten seconds")
    config.addinivalue_line("markers", "clock: looks at the clock, so CTest runs nothing beside it")


def pytest_report_header():
    return None if HAS_IO_URING else "io_uring is not to be had here: its modes are left out"


def pytest_sessionstart():
    if not BINARY.exists():
        pytest.exit(f"there is no {BINARY}: build it, or set POLLUX_BINARY", returncode=2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # The server inherits it.


@pytest.fixture(scope="session", params=MODES, ids=str)
def mode(request):
    return request.param


@pytest.fixture
def serve(tmp_path, mode):
    """Starts servers in the current mode: serve(*arguments, **sections_of_the_configuration)."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **sections: stack.enter_context(
            Server(tmp_path, *arguments, mode=mode, **sections))


@pytest.fixture(scope="module")
def module_directory(mode, tmp_path_factory):
    return tmp_path_factory.mktemp("module")


@pytest.fixture(scope="session")
def mariadb():
    """A running database server. Who stops it starts it again."""
    with MariaDb() as server:
        yield server

"""Files that change while they are served: a completed response is one version, octet for octet.

A version is what the file held at some instant. So that a test can tell, contents describe themselves:
the first sixteen octets name the version, every octet after them depends on its position and on the
version, and none is zero. Mixed versions, shifted offsets and the zeros beyond the end of a truncated
mapping all show.

POLLUX_SOAK_SECONDS is how long the four scenarios last in all, in each mode (4; 30 for a thorough run).
"""

import contextlib
import functools
import itertools
import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

from harness import FIRST_OF_MODEL, Cut, in_parallel, request, wait_until

SOAK = float(os.environ.get("POLLUX_SOAK_SECONDS", "4"))
PAGE = 4096
SMALL, LARGE = 6_000, 3_000_000
BASE = bytes(octet or 1 for octet in random.Random(1).randbytes(LARGE))
ALPHABET = bytes(range(1, 256))


@functools.lru_cache(maxsize=16)
def content(version, size):
    """The octets of a version. `size` is the same for all versions of a file, so that lengths do not tell."""
    shift = version % 255
    table = bytes(1) + ALPHABET[shift:] + ALPHABET[:shift]
    return b"%015d\n" % version + BASE[16:size].translate(table)


@pytest.fixture(scope="session", params=FIRST_OF_MODEL, ids=str)
def mode(request):
    return request.param


# -- Ways to change a file. Each yields between its steps, where readers may come in; `number` is the next version.


def by_rename(path, number, size):
    new = path.with_name(path.name + ".new")
    new.write_bytes(content(number, size))
    new.rename(path)
    yield


def truncated(path, number, size):
    """Cut in the middle of a page, then to nothing, then whole again."""
    yield from by_rename(path, number, size)
    os.truncate(path, cut_of(size))
    yield
    os.truncate(path, 0)
    yield


def cut_of(size):
    return size * 2 // 3 // PAGE * PAGE + 1234


def in_place(path, number, size):
    """Overwritten from front to back, as by rsync --inplace.

    A page at a time, because the kernel notes one time of modification for each write(2): during a
    large one the file goes on changing, and not even a stat between the octets would tell.
    """
    new = content(number, size)
    with open(path, "r+b", buffering=0) as file:
        for at in range(0, size, PAGE):
            file.write(new[at:at + PAGE])
            if at % (size // 4) < PAGE:
                yield


def rewritten(path, number, size):
    """Emptied and written, as by cp and most editors."""
    new = content(number, size)
    with open(path, "wb", buffering=0) as file:
        file.write(new)
    yield


# -- What such a file may hold at an instant


def whole(body, number, size):
    return body == content(number, size)


def whole_or_truncated(body, number, size):
    return len(body) in (size, cut_of(size)) and content(number, size).startswith(body)


def beginning(body, number, size):
    return content(number, size).startswith(body)


def new_before_old(body, number, size):
    new, old = content(number, size), content(number - 1, size)
    kept = common_beginning(body, new)
    return len(body) == size and body[kept:] == old[kept:]


def common_beginning(one, other):
    """How many octets are the same from the beginning on. By halves: a loop over megabytes would take too long."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# -- Changes to a large file while it is downloaded


def renamed(path):
    path.rename(path.with_name("elsewhere"))


def linked(path):
    os.link(path, path.with_name("twin"))


def given_to_its_owner(path):
    os.chown(path, os.getuid(), os.getgid())


def attributed(path):
    try:
        os.setxattr(path, "user.note", b"x")
    except OSError:
        pytest.skip("no extended attributes in this file system")


def appended_to(path):
    for _ in range(3):
        with open(path, "ab") as file:
            file.write(b"one more line\n")


def written_over(path):
    with open(path, "r+b") as file:
        file.write(b"another beginning")


def written_over_and_given_its_date_back(path):
    date = path.stat().st_mtime_ns
    written_over(path)
    os.utime(path, ns=(date, date))


def rewritten_longer(path):
    path.write_bytes(b"y" * (DOWNLOAD + 1000))


def cut_short(path):
    os.truncate(path, DOWNLOAD - 1)


DOWNLOAD = 16 << 20  # Octets: more than all buffers on the way, so that the end is read after the change.


@pytest.mark.parametrize("change, arrives", [
    (renamed, True), (linked, True), (Path.unlink, True), (lambda path: path.chmod(0o640), True),
    (given_to_its_owner, True), (attributed, True), (appended_to, True),
    (written_over, False), (written_over_and_given_its_date_back, False), (rewritten_longer, False), (cut_short, False),
], ids=["renamed", "linked", "deleted", "chmod", "chown", "setxattr", "appended", "written over", "with its old date",
        "rewritten longer", "cut"])
def test_a_download_ends_where_its_octets_change(serve, change, arrives):
    server, content = serve(), BASE * (DOWNLOAD // LARGE) + BASE[:DOWNLOAD % LARGE]
    path = server.write("large.bin", content)
    with server.connect(receive_buffer=64 << 10) as client:
        client.send(request("GET", "/large.bin"))
        assert client.answered()
        change(path)
        if arrives:
            assert client.read_response().body == content
        else:
            with pytest.raises(Cut):
                client.read_response()


def append_over_and_over(path):
    with open(path, "ab", buffering=0) as file:
        while True:
            file.write(b"one more line\n")


def test_a_log_that_always_grows_is_downloaded(serve):
    """Whatever was announced is a beginning of it."""
    server = serve()
    path = server.write("log.txt", BASE)
    process = multiprocessing.get_context("fork").Process(target=append_over_and_over, args=(path,), daemon=True)
    process.start()
    try:
        wait_until(lambda: path.stat().st_size > LARGE, "it grows")
        for _ in range(20):
            response = server.get("/log.txt")
            assert response.status == 200 and response.body.startswith(BASE)
    finally:
        process.kill()
        process.join()


# -- Changes at all times


SCENARIOS = [
    pytest.param(by_rename, whole, id="rename"),
    pytest.param(truncated, whole_or_truncated, id="truncate"),
    pytest.param(in_place, new_before_old, id="in_place"),
    pytest.param(rewritten, beginning, id="rewrite"),
]


class Responses:
    """Tells the writer, which is another process, of the readers' responses: an octet in a pipe for each."""

    def __init__(self):
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def another(self):
        with contextlib.suppress(BlockingIOError):  # The pipe is full: nobody has waited for any for long.
            os.write(self._writer, b".")

    def await_some(self, count):
        """Returns after so many from now on; the first may have come before."""
        if count:
            os.read(self._reader, 65536)  # All that nobody has waited for; if there are none, the next.
        for _ in range(count - 1):
            os.read(self._reader, 1)

    def close(self):
        os.close(self._reader)
        os.close(self._writer)


def write_over_and_over(files, change, responses):
    """Changes all files in turn. Between two steps the readers get from none to enough for a file to settle."""
    counts = random.Random(1)
    for number in itertools.count(1):
        for path, size in files:
            for _ in change(path, number, size):
                responses.await_some(counts.choice((0, 0, 2, 10, 30)))


@contextlib.contextmanager
def writer(files, change):
    """Runs it in a process of its own, so that it does not take turns with the threads that read."""
    with contextlib.closing(Responses()) as responses:
        process = multiprocessing.get_context("fork").Process(
            target=write_over_and_over, args=(files, change, responses), daemon=True)
        process.start()
        yield responses
        assert process.is_alive(), f"the writer has ended with {process.exitcode}"
        process.terminate()
        process.join()


class Tally:
    """What came of one client's requests."""

    def __init__(self):
        self.complete, self.cut, self.refused, self.versions = 0, 0, 0, set()


def read_over_and_over(server, target, size, legitimate, responses, until):
    tally, client = Tally(), server.connect()
    while time.monotonic() < until:
        try:
            response = client.get(target)
        except (Cut, BrokenPipeError, ConnectionResetError):
            tally.cut += 1
            client.close()
            client = server.connect()
            continue
        if response.status == 503:  # Busy: it was being changed whenever the server looked.
            tally.refused += 1
            continue
        assert response.status == 200
        responses.another()
        tally.complete += 1
        if response.body:  # Nothing is a version, too: the file was empty.
            number = int(response.body[:16])
            tally.versions.add(number)
            assert legitimate(response.body, number, size), explain(response.body, size)
    client.close()
    return tally


def explain(body, size):
    """Where the octets of a mixed body come from, for the message of the failure."""
    number = int(body[:16])
    at = common_beginning(body, content(number, size))
    later = [n for n in range(max(0, number - 3), number + 20) if content(n, size)[at:at + 64] == body[at:at + 64]]
    return (f"{len(body)} octets (of {size}) of version {number} up to {at}, then {body[at:at + 16]!r}, "
            f"which is version {later or 'unknown'}; {body.count(0)} zeros")


@pytest.mark.slow
@pytest.mark.parametrize("change, legitimate", SCENARIOS)
def test_completed_responses_are_of_one_version(serve, change, legitimate):
    server = serve()
    sizes = {"/%d.bin" % number: LARGE if number % 3 == 2 else SMALL for number in range(9)}
    files = [(server.write(target[1:], content(0, size)), size) for target, size in sizes.items()]
    until = time.monotonic() + SOAK / len(SCENARIOS)
    targets = list(sizes)

    with writer(files, change) as responses:
        tallies = in_parallel(len(targets), lambda index: read_over_and_over(
            server, targets[index], sizes[targets[index]], legitimate, responses, until))

    for size in (SMALL, LARGE):
        some = [tally for tally, target in zip(tallies, targets) if sizes[target] == size]
        print(f"{size} octets: {sum(t.complete for t in some)} complete, {sum(t.cut for t in some)} cut short, "
              f"{sum(t.refused for t in some)} refused, {sum(len(t.versions) for t in some)} versions")
    assert sum(len(tally.versions) for tally in tallies) > len(targets) / 2
    assert_settles(server, sizes)


def assert_settles(server, files):
    """When the changing has ended, the last version is served."""
    for target, size in files.items():
        last = content(999, size)
        server.write(target[1:], last)
        wait_until(lambda: served(server, target) == last, f"{target} is served in its last version")


def served(server, target):
    try:
        return server.get(target).body
    except Cut:  # Of the version that the server had not yet found to be old.
        return None

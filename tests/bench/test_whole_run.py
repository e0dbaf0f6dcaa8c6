"""Which runs of bench/compare leave a line in the history."""

import pytest

from bench import command


@pytest.mark.parametrize(
    "arguments, whole",
    [
        ([], True),
        (["--rounds", "7", "--against", "LAST"], True),
        (["--smoke"], False),
        (["--rounds", "1"], False),
        (["--seconds", "0.5"], False),
        (["--workloads", "586"], False),
        (["--servers", "pollux-proactor,nginx"], False),
        (["--pollux", "/another/pollux"], False),  # of which commit?
    ],
)
def test_a_run_of_everything_there_is(arguments, whole):
    commands = command.parser("", {"rounds": 3, "seconds": 2.0})
    assert command.is_whole(commands.parse_args(arguments), commands.parse_args([])) == whole

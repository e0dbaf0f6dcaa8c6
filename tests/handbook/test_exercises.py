"""Every exercise fails until it is solved, and the solution kept aside solves it."""

import subprocess

import pytest
from book import CHAPTERS, REPOSITORY

EXERCISES = sorted(path.parent.name for path in (REPOSITORY / "handbook/exercises").glob("*/test.cpp"))


def check(*arguments):
    ran = subprocess.run([REPOSITORY / "handbook/exercises/check", *arguments], capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


def test_each_chapter_has_one():
    assert EXERCISES == CHAPTERS


@pytest.mark.parametrize("name", EXERCISES)
def test_it_is_not_solved(name):
    status, said = check(name)
    assert status == 1 and "not solved" in said, said


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_solves_it(name):
    assert check(name, "--solution") == (0, "solved\n")


def test_an_unknown_exercise_is_told():
    status, said = check("no-such")
    assert status == 2 and CHAPTERS[0] in said

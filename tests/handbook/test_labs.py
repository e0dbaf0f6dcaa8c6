"""Every lab shows what it claims, and its chapter quotes it."""

import re
import subprocess

import pytest
from book import CHAPTERS, LANGUAGES, REPOSITORY, chapter

LABS = sorted(path.parent.name for path in (REPOSITORY / "labs").glob("*/run"))


def claims(text):
    return re.findall(r"^shown: (.+)$", text, flags=re.M)


def test_each_chapter_has_one():
    assert LABS == CHAPTERS


@pytest.mark.parametrize("name", LABS)
def test_it_shows_what_it_claims(name):
    ran = subprocess.run([REPOSITORY / "labs" / name / "run"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and "NOT SHOWN" not in ran.stdout, ran.stdout + ran.stderr
    if missing := re.search(r"^skipped: (.+)$", ran.stdout, flags=re.M):
        pytest.skip(missing[1])  # The machine has not what the lab looks at.
    printed = claims(ran.stdout)
    assert printed
    for language in LANGUAGES:
        assert claims(chapter(language, name)) == printed, language

"""The text: each chapter has the same structure in both languages, and what it links to exists."""

import re

import pytest
from book import CHAPTERS, HANDBOOK, LANGUAGES, SECTIONS, chapter, without_code

BOTH = [(language, name) for language in LANGUAGES for name in CHAPTERS]
PAGES = sorted(path.relative_to(HANDBOOK).as_posix() for language in LANGUAGES for path in (HANDBOOK / language).glob("*.md"))


def test_both_languages_have_the_same_pages():
    names = [{path.name for path in (HANDBOOK / language).glob("*.md")} for language in LANGUAGES]
    assert names[0] == names[1]


@pytest.mark.parametrize("language, name", BOTH)
def test_the_sections_are_these(language, name):
    assert tuple(re.findall(r"^## (.+)$", without_code(chapter(language, name)), flags=re.M)) == SECTIONS[language]


@pytest.mark.parametrize("language, name", BOTH)
def test_it_has_a_picture_a_lab_an_exercise_and_three_questions(language, name):
    text = chapter(language, name)
    assert re.search(r"^```(mermaid|text)$|^!\[.+\]\(\.\./pictures/.+\.svg\)$", text, flags=re.M)
    assert f"$ labs/{name}/run" in text and f"handbook/exercises/check {name}" in text
    begin, end = (f"## {SECTIONS[language][i]}\n" for i in (5, 6))
    questions = re.findall(r"^\*\*.+\*\*$", text[text.index(begin):text.index(end)], flags=re.M)
    assert len(questions) >= 3, questions


@pytest.mark.parametrize("page", PAGES)
def test_what_it_links_to_is_there(page):
    path = HANDBOOK / page
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
        assert re.match(r"https?:|/", target) or (path.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_it_leads_to_the_other_language(page):
    language, name = page.split("/")
    other = {"en": "[中文](../zh/", "zh": "[English](../en/"}[language]
    assert (HANDBOOK / page).read_text().split("\n")[1] == f"*{other}{name})*"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_questions_names_chapter_and_lab(language):
    rows = re.findall(r"^\| .+ \| \[(\d+)\]\(([\w-]+)\.md\) \| `labs/([\w-]+)/run` \|$", chapter(language, "index"), flags=re.M)
    assert len(rows) >= 38
    for number, name, lab in rows:
        assert name == lab and name in CHAPTERS and int(name[:2]) == int(number)

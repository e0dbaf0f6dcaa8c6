"""The text: handbook/LANGUAGE/NAME.md, in the same structure in each language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HANDBOOK = REPOSITORY / "handbook"
LANGUAGES = ("en", "zh")

# Pages that are no chapters, in the order of the contents.
FRONT = ("index", "reading", "map")
BACK = ("glossary",)

# What every chapter consists of, in this order.
SECTIONS = {
    "en": ("Short answer", "How it works", "Lab", "In Pollux", "In TinyWebServer", "Follow-up questions", "Exercise"),
    "zh": ("简答", "原理", "实验", "在 Pollux 里", "在 TinyWebServer 里", "追问", "练习"),
}


@dataclass
class Page:
    language: str
    name: str  # Of the file, without .md.
    title: str
    text: str  # Markdown, without the title and the link to the other language.

    @property
    def number(self) -> str:
        """Of the chapter; empty for others."""
        return self.name[:2] if self.name[0].isdigit() else ""

    @property
    def path(self) -> Path:
        return HANDBOOK / self.language / f"{self.name}.md"


def read_page(path: Path) -> Page:
    lines = path.read_text().split("\n")
    title = lines[0].removeprefix("# ")
    rest = "\n".join(line for line in lines[1:] if not re.fullmatch(r"\*\[(中文|English)\]\(.*\)\*", line))
    return Page(path.parent.name, path.stem, title, rest)


def read(language: str) -> list[Page]:
    """All pages of the language, in the order of the contents."""
    found = {path.stem: read_page(path) for path in sorted((HANDBOOK / language).glob("*.md"))}
    numbered = [page for name, page in found.items() if page.number]
    return [*(found[name] for name in FRONT if name in found), *numbered, *(found[name] for name in BACK if name in found)]

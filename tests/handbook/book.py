"""The handbook's text, for its tests."""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HANDBOOK = REPOSITORY / "handbook"
sys.path.insert(0, str(HANDBOOK))

from site_builder.chapters import LANGUAGES, SECTIONS  # noqa: E402, F401

CHAPTERS = sorted(path.stem for path in (HANDBOOK / "en").glob("[0-9]*.md"))


def chapter(language, name):
    return (HANDBOOK / language / f"{name}.md").read_text()


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)

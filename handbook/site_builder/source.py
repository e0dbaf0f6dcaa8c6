"""The files of the repository that the text links to, as pages with line numbers."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from .chapters import REPOSITORY
from .frame import framed

LIMIT = 150_000  # Characters: no page is to be heavier than 200 KB.


class Files:
    """Collects what is linked to. `place()` gives the address of its page."""

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def place(self, path: Path) -> str | None:
        """None: it is no file of the repository that can be shown."""
        path = path.resolve()
        if not path.is_relative_to(REPOSITORY):
            return None
        if path.is_dir():  # What is to be read of it first.
            for name in ("README.md", "run", "lab.cpp", "exercise.h", "CMakeLists.txt"):
                if (path / name).is_file():
                    path = path / name
                    break
        if not path.is_file():
            return None
        name = path.relative_to(REPOSITORY).as_posix()
        self._paths.add(name)
        return f"/handbook/source/{name}.html"

    def write(self, directory: Path) -> None:
        for name in sorted(self._paths):
            out = directory / "source" / f"{name}.html"
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(page_of(name, (REPOSITORY / name).read_text(errors="replace")))
        (directory / "source.json").write_text(json.dumps(sorted(self._paths)))


def stored(directory: Path) -> list[str]:
    """The files that the pages in the directory show."""
    try:
        return json.loads((directory / "source.json").read_text())
    except (FileNotFoundError, ValueError):
        return []


def anchor(line: str) -> str:
    """Of a heading in a document, under the name that links to documents have."""
    found = re.fullmatch(r"#+ (.+)", line)
    if not found:
        return ""
    return f'<a id="{re.sub(r"[^a-z0-9 -]", "", found[1].lower()).replace(" ", "-")}"></a>'


def page_of(name: str, text: str) -> str:
    cut = text[:LIMIT]
    lines = cut.rstrip("\n").split("\n")
    is_document = name.endswith(".md")
    listing = "\n".join(f'<span id="L{i}">{anchor(line) if is_document else ""}{html.escape(line)}</span>'
                        for i, line in enumerate(lines, 1))
    more = "" if len(cut) == len(text) else "<p>The rest of this file is left out here.</p>"
    body = f'<pre class="listing" tabindex="0"><code>{listing}</code></pre>{more}'
    return framed("en", title=name, lede="", body=body, current="", other=None)

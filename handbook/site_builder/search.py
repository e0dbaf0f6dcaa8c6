"""What root/js/handbook.js searches: a list of [address, page, heading, text] for each section."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from .chapters import Page


def plain(markup: str) -> str:
    markup = re.sub(r"<(svg|script|style)\b.*?</\1>", " ", markup, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", markup))).strip()


def entries(page: Page, markup: str) -> list[list[str]]:
    found = re.search(r'<article[^>]*>(.*)</article>', markup, flags=re.S)
    parts = re.split(r'<h[23] id="([^"]*)">(.*?)</h[23]>', found[1] if found else "", flags=re.S)
    address = f"/handbook/{page.language}/" + ("" if page.name == "index" else f"{page.name}.html")
    title = page.title
    result = [[address, title, "", plain(parts[0])]]
    for anchor, heading, text in zip(parts[1::3], parts[2::3], parts[3::3]):
        result.append([f"{address}#{anchor}", title, plain(heading), plain(text)])
    return [entry for entry in result if entry[3]]


def write(path: Path, found: list[list[str]]) -> None:
    path.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")))

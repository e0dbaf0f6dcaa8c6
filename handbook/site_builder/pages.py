"""A page of the text as HTML."""

from __future__ import annotations

import html
import re

import markdown

from . import sequence
from .chapters import Page
from .frame import framed
from .source import Files

WORDS = {
    "en": {"contents": "Contents", "previous": "Previous", "next": "Next", "chapter": "Chapter"},
    "zh": {"contents": "目录", "previous": "上一章", "next": "下一章", "chapter": "第"},
}


def render(page: Page, book: list[Page], files: Files) -> str:
    drawings: list[str] = []
    text = take_drawings(page, drawings)
    markup = markdown.markdown(text, extensions=["fenced_code", "tables", "toc", "sane_lists", "md_in_html"],
                               extension_configs={"toc": {"slugify": slug}})
    for i, drawn in enumerate(drawings):
        markup = markup.replace(f"<p>drawing-{i}-</p>", drawn)
    markup = re.sub(r'<img alt="([^"]*)" src="([^"]+)" />', lambda found: picture(page, found[2], found[1]), markup)
    markup = re.sub(r'<a href="([^"]+)"', lambda found: link(page, found[1], files), markup)
    markup = markup.replace("</strong>\n", "</strong><br>")  # A question stands on a line of its own.
    markup = markup.replace("<table>", '<div class="tablebox" tabindex="0"><table>').replace("</table>", "</table></div>")
    markup = markup.replace("<pre>", '<pre tabindex="0">')
    body = (f'<div class="book wide"><nav class="contents" aria-label="{WORDS[page.language]["contents"]}">'
            f'{contents(page, book)}</nav><article class="prose">{markup}{turning(page, book)}</article></div>')
    return framed(page.language, title=page.title, lede="", body=body, current="/handbook/en/",
                  other=address(page, "zh" if page.language == "en" else "en"), number=page.number)


def slug(heading: str, separator: str) -> str:
    return re.sub(r"[^\w]+", separator, heading.lower()).strip(separator)


def address(page: Page, language: str | None = None) -> str:
    name = "" if page.name == "index" else f"{page.name}.html"
    return f"/handbook/{language or page.language}/{name}"


def take_drawings(page: Page, drawings: list[str]) -> str:
    def take(found: re.Match[str]) -> str:
        drawings.append(sequence.drawing(found[1], page.title))
        return f"\ndrawing-{len(drawings) - 1}-\n"

    return re.sub(r"^```mermaid\n(.*?)^```$", take, page.text, flags=re.S | re.M)


def link(page: Page, target: str, files: Files) -> str:
    """The same target, on the site: other pages of the text, and the repository's files as listings."""
    if re.match(r"[a-z]+:|#|/", target):
        return f'<a href="{target}"'
    path, hash_mark, anchor = html.unescape(target).partition("#")
    whole = (page.path.parent / path).resolve()
    if whole.suffix == ".md" and whole.parent.parent == page.path.parent.parent and whole.exists():
        name = "" if whole.stem == "index" else f"{whole.stem}.html"
        return f'<a href="/handbook/{whole.parent.name}/{name}{hash_mark}{anchor}"'
    place = files.place(whole)
    if place is None:
        raise ValueError(f"{page.path}: there is no {target}")
    return f'<a href="{place}{hash_mark}{anchor}"'


def picture(page: Page, target: str, text: str) -> str:
    """Drawings stand in the page, so that they take its colours; their own styles are for those who see the file."""
    drawn = (page.path.parent / target).resolve().read_text()
    drawn = re.sub(r"<\?xml.*?\?>|<!--.*?-->|<style>.*?</style>", "", drawn, flags=re.S).strip()
    return f'<figure class="drawing" role="img" aria-label="{text}">{drawn}</figure>'


def contents(page: Page, book: list[Page]) -> str:
    items = []
    for other in book:
        mark = ' aria-current="page"' if other is page else ""
        number = f"<b>{int(other.number)}</b> " if other.number else ""
        items.append(f'<li><a href="{address(other)}"{mark}>{number}{html.escape(other.title)}</a></li>')
    return (f'<details open><summary>{WORDS[page.language]["contents"]}</summary><ol>{"".join(items)}</ol></details>')


def turning(page: Page, book: list[Page]) -> str:
    at = book.index(page)
    links = []
    if at > 0:
        links.append(f'<a rel="prev" href="{address(book[at - 1])}"><small>{WORDS[page.language]["previous"]}</small>'
                     f'{html.escape(book[at - 1].title)}</a>')
    if at + 1 < len(book):
        links.append(f'<a rel="next" href="{address(book[at + 1])}"><small>{WORDS[page.language]["next"]}</small>'
                     f'{html.escape(book[at + 1].title)}</a>')
    return f'<nav class="turning">{"".join(links)}</nav>'

"""What stands around every page: the demo site's head and foot."""

from __future__ import annotations

import html
import re

from .chapters import REPOSITORY

WORDS = {
    "en": {"name": "Handbook", "search": "Search the handbook", "other": "中文", "skip": "Skip to the content",
           "foot": "Pollux, a static-file web server. MIT licence.", "none": "Nothing found"},
    "zh": {"name": "手册", "search": "在手册里搜索", "other": "English", "skip": "跳到正文",
           "foot": "Pollux，静态文件 Web 服务器，MIT 许可证。", "none": "没有找到"},
}


def navigation(current: str) -> str:
    """The bar of the site's other pages, taken from one of them so that it is the same."""
    page = (REPOSITORY / "root/journey.html").read_text()
    bar = re.search(r"<nav class=\"bar wide\".*?</nav>", page, flags=re.S)[0]
    bar = bar.replace(' aria-current="page"', "")
    return bar.replace(f'href="{current}"', f'href="{current}" aria-current="page"') if current else bar


def framed(language: str, *, title: str, lede: str, body: str, current: str, other: str | None,
           number: str = "") -> str:
    words = WORDS[language]
    code = {"zh": "zh-CN"}.get(language, language)
    hreflang = {"en": "zh-CN", "zh": "en"}[language]
    alternate = f'<link rel="alternate" hreflang="{hreflang}" href="{other}">' if other else ""
    switch = f'<a class="switch" lang="{hreflang}" hreflang="{hreflang}" href="{other}">{words["other"]}</a>' if other else ""
    heading = html.escape(title)
    if number:
        heading = f"<small>{int(number)}</small> {heading}"
    return f"""<!DOCTYPE html>
<html lang="{code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} · Pollux</title>
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#0b1020">
<link rel="icon" href="/favicon.ico" sizes="48x48">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/css/style.css">
<link rel="stylesheet" href="/css/handbook.css">
{alternate}
<link rel="preload" href="/member.json" as="fetch" crossorigin>
<script src="/js/member.js" defer></script>
<script src="/js/handbook.js" defer></script>
</head>
<body class="handbook">
<a class="skip" href="#main">{words["skip"]}</a>
<header class="night">
{navigation(current)}
<div class="title wide">
<p class="strip"><a href="/handbook/{language}/">{words["name"]}</a>{switch}
<input type="search" data-index="/handbook/search-{language}.json" data-none="{words["none"]}" placeholder="{words["search"]}" aria-label="{words["search"]}" autocomplete="off"></p>
<h1>{heading}</h1>
<ol class="found" hidden></ol>
</div>
</header>
<main id="main">
{body}
</main>
<footer class="foot"><div class="wide"><span>{words["foot"]}</span></div></footer>
</body>
</html>
"""

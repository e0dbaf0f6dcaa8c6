"""Draws Mermaid's sequenceDiagram as SVG, as far as the handbook uses it:

  participant K as Kernel
  A->>B: text        a call or message     A-->>B: text    an answer
  A->>A: text        A's own doing         Note over A,B: text
"""

from __future__ import annotations

import html
import re
import unicodedata

LANE = 172  # Between two lanes, in the drawing's units.
SIDE = 84
TOP = 46
STEP = 44
FONT = 13


class Unknown(ValueError):
    """A line that this module does not draw."""


def width(text: str) -> float:
    """Roughly that of the text, in the drawing's units."""
    return sum(FONT if unicodedata.east_asian_width(c) in "WF" else FONT * 0.56 for c in text)


def wrapped(text: str, room: float) -> list[str]:
    """The text in lines of this width. Chinese is cut anywhere, words are not."""
    lines, line = [], ""
    for piece in re.findall(r"[⺀-鿿＀-￯]|[^\s⺀-鿿＀-￯]+\s*", text):
        if line and width(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def label(lines: list[str], x: float, y: float, anchor: str, css: str = "") -> str:
    """`y` is the last line's."""
    first = y - (len(lines) - 1) * (FONT + 2)
    return "".join(
        f'<text{css} x="{x:g}" y="{first + i * (FONT + 2):g}" text-anchor="{anchor}">{html.escape(line)}</text>'
        for i, line in enumerate(lines))


def arrow(left: float, right: float, y: float, dashed: bool) -> str:
    """From `left` to `right`, whichever is further right."""
    back = 7 if right > left else -7
    css = "go back" if dashed else "go"
    return (f'<path class="{css}" d="M{left:g} {y:g}H{right - back:g}"/>'
            f'<path class="tip" d="M{right - back:g} {y - 4:g}v8l{back:g} -4z"/>')


def drawing(text: str, title: str) -> str:
    lanes: dict[str, str] = {}
    steps: list[tuple[str, str, str, str]] = []
    for line in text.strip().split("\n")[1:]:
        line = line.strip()
        if not line:
            continue
        if found := re.fullmatch(r"(?:participant|actor) (\w+)(?: as (.+))?", line):
            lanes[found[1]] = found[2] or found[1]
        elif found := re.fullmatch(r"Note over (\w+)(?:,\s*(\w+))?: (.+)", line):
            steps.append(("note", found[1], found[2] or found[1], found[3]))
        elif found := re.fullmatch(r"(\w+)\s*(-{1,2})(?:>>|\)|x)\s*(\w+): (.+)", line):
            steps.append(("back" if found[2] == "--" else "go", found[1], found[3], found[4]))
        else:
            raise Unknown(line)
    for _, left, right, _ in steps:
        lanes.setdefault(left, left)
        lanes.setdefault(right, right)
    x = {name: SIDE + i * LANE for i, name in enumerate(lanes)}
    total = 2 * SIDE + (len(lanes) - 1) * LANE

    y, body = float(TOP), []
    for kind, left, right, words in steps:
        low, high = sorted((x[left], x[right]))
        room = {"note": high - low + LANE - 30}.get(kind, (high - low if high > low else LANE) - 22)
        lines = wrapped(words, room)
        y += STEP + (len(lines) - 1) * (FONT + 2)
        if kind == "note":
            tall = len(lines) * (FONT + 2) + 10
            body.append(f'<rect class="note" x="{low - LANE / 2 + 8:g}" y="{y - tall + 6:g}" '
                        f'width="{high - low + LANE - 16:g}" height="{tall:g}" rx="6"/>')
            body.append(label(lines, (low + high) / 2, y - 4, "middle"))
        elif left == right:
            last = left == list(lanes)[-1] and len(lanes) > 1
            side = -1 if last else 1
            body.append(f'<circle class="tip" cx="{low:g}" cy="{y - 4:g}" r="4"/>')
            body.append(label(lines, low + side * 12, y, "end" if last else "start"))
        else:
            body.append(arrow(x[left], x[right], y, kind == "back"))
            body.append(label(lines, (low + high) / 2, y - 7, "middle"))
    height = y + 28
    head = "".join(
        f'<path class="lane" d="M{at:g} {TOP - 8:g}V{height - 8:g}"/>'
        f'<rect class="who" x="{at - 72:g}" y="8" width="144" height="30" rx="8"/>'
        f'<text class="who" x="{at:g}" y="28" text-anchor="middle">{html.escape(lanes[name])}</text>'
        for name, at in x.items())
    return (f'<figure class="sequence" tabindex="0"><svg width="{total:g}" height="{height:g}" '
            f'viewBox="0 0 {total:g} {height:g}" role="img" aria-label="{html.escape(title)}">'
            f'{head}{"".join(body)}</svg></figure>')

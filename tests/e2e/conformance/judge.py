"""Holds what a server sent against a case."""

from __future__ import annotations

import re
from typing import Optional

from conformance.case import CLOSED, OPEN, PROBE_BODY, Answer, Case
from conformance.message import Malformed, Message, read_messages
from conformance.wire import Transcript


def judge(case: Case, transcript: Transcript, pollux: bool) -> Optional[str]:
    """None: as it should be. Otherwise what is wrong. `pollux`: hold it to its own choices, too."""
    try:
        messages = read_messages(transcript.received, list(case.methods))
    except (Malformed, ValueError) as error:
        return f"malformed: {error}"
    interim = [message for message in messages if message.status < 200]
    finals = [message for message in messages if message.status >= 200]
    if case.interim is not None and len(interim) != case.interim:
        return f"{len(interim)} interim responses instead of {case.interim}"

    answers, rest = finals[: len(case.answers)], finals[len(case.answers):]
    for number, (expected, message) in enumerate(zip(case.answers, answers), 1):
        if complaint := compare(expected, message):
            return f"answer {number}: {complaint}" if len(case.answers) > 1 else complaint
    if len(answers) < len(case.answers):
        ending = "and closed" if transcript.ended else "and waits"
        return f"{len(answers)} of {len(case.answers)} answers, {ending}"
    if pollux and case.ours and answers[-1].status not in case.ours:
        return f"status {answers[-1].status} instead of {sorted(case.ours)}"
    then = case.ours_then or case.then if pollux else case.then
    if complaint := compare_end(then, answers[-1], rest, transcript, pollux):
        return complaint
    if case.check and (complaint := case.check(answers)):
        return complaint
    return habits(case, answers, rest) if pollux else None


def compare(expected: Answer, message: Message) -> Optional[str]:
    if message.status not in expected.status:
        return f"status {message.status} instead of {spell(expected.status)}"
    for name, pattern in expected.fields.items():
        values = message.all(name)
        if pattern is None and values:
            return f"{message.status} with {name}: {values[0]}"
        if pattern is not None and (len(values) != 1 or not re.fullmatch(pattern, values[0])):
            return f"{message.status} with {name}: {', '.join(values) or '(none)'} instead of {pattern}"
    if expected.body is not None and message.body != expected.body:
        return f"{message.status} with the body {message.body[:60]!r} instead of {expected.body[:60]!r}"
    return None


def compare_end(then: str, last: Message, rest: list[Message], transcript: Transcript, pollux: bool) -> Optional[str]:
    probes = [message for message in rest if message.status == 200 and message.body == PROBE_BODY]
    if len(probes) != len(rest) or len(rest) > 1:
        return f"octets of the request were taken for another: {[message.status for message in rest]}"
    if not transcript.ended:
        return "waits for more"
    if then == OPEN and not rest and not (not pollux and last.status >= 400 and last.closes()):
        return "closed after it"  # Having refused something, a server may end the connection if it says so.
    if then == CLOSED and rest:
        return "open after it"
    return None


def habits(case: Case, answers: list[Message], rest: list[Message]) -> Optional[str]:
    """What every answer of Pollux's has."""
    for message in answers:
        if len(message.all("Date")) != 1 or len(message.all("Server")) != 1:
            return f"{message.status} without Date or Server"
        if message.status in (204, 304) and "Content-Length" in message:
            return f"{message.status} with Content-Length"
        if message.status not in (204, 304) and "Content-Length" not in message:
            return f"{message.status} without Content-Length"
    if answers and not rest and not answers[-1].closes():
        return "closed without having said so"
    if any(message.closes() for message in answers[:-1]) or (rest and answers[-1].closes()):
        return "open, having said otherwise"
    return None


def spell(statuses: frozenset[int]) -> str:
    return " or ".join(str(status) for status in sorted(statuses)) if len(statuses) < 4 else "an allowed one"

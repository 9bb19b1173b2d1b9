"""Checks the line that a model words for the person in a role-play; never words or changes what it says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

__all__ = ["MOST_WORDS", "broken_rule", "tidy"]

MOST_WORDS = 60
LONGEST_ECHO = 7
"""Words in a row that may be the same as in what was said to them."""

_I = re.IGNORECASE
_EMPLOYEE = re.compile(
    r"\b(?:how|what)\s+(?:can|may|could)\s+i\s+(?:help|assist|do\s+for\s+you)\b|\bi(?:'ll|\s+will|\s+can|'d|\s+would)\s+(?:be\s+"
    r"(?:happy|glad)\s+to|gladly)\b|\b(?:i|we)(?:'m|\s+am|'re|\s+are)?\s+(?:sincerely\s+|very\s+|so\s+|truly\s+|deeply\s+)?"
    r"(?:apologi[sz]e|sorry\s+(?:for|about|to\s+hear|that\s+you))\b|\bthank\s+you\s+for\s+(?:your|bringing|letting|sharing|waiting)\b"
    r"|\bi\s+(?:completely\s+|totally\s+|fully\s+)?understand\s+(?:your|how\s+you|that\s+you|you're)\b"
    r"|\b(?:our|my)\s+(?:store|shop|policy|policies|team|company|firm)\b|\bwe\s+(?:can|could)\s+offer\b|\blet\s+me\s+(?:check|see\s+what|look\s+"
    r"into|help)\b|\bi(?:'m|\s+am)\s+here\s+to\s+(?:help|assist)\b|\bi\s+(?:can't|cannot)\s+(?:help|assist)\b|\b(?:can|could|would|may)\s+(?:i|we)\s+offer\b",
    _I,
)  # fmt: skip
_COACHING = re.compile(
    r"\bwell\s+(?:done|said|handled)\b|\b(?:great|good|excellent|nice|wonderful)\s+(?:job|answer|response|approach|question|"
    r"work|service|point|customer\s+service)\b|\bnext\s+time\s+you\b|\byou\s+(?:handled|managed|did)\s+(?:this|that|it)\s+well\b"
    r"|\bimpress(?:ed|ive)\b|\bi\s+(?:really\s+)?appreciate\b|\b(?:try|remember|make\s+sure)\s+to\b|\bbetter\s+answer\b",
    _I,
)
_SCORING = re.compile(
    r"\b(?:rubric|criteri(?:on|a)|key\s+points?|red\s+flags?|score[sd]?|scoring|grad(?:ed?|ing))\b", _I
)
_GIVES_IN = re.compile(
    r"\bthat(?:'ll|\s+will)\s+do\b|\bthat\s+(?:settles|solves)\b|\b(?:it's|it\s+is|that's|that\s+is)\s+(?:settled|fine\s+by|fine\s+with)\b"
    r"|\bi(?:'ll|\s+will)\s+(?:take|accept|agree)\b|\bi\s+(?:accept|agree)\b|\bdeal\b[.!]?$|\bproblem\s+solved\b"
    r"|^(?:thanks?|thank\s+you)\b|\bthank\s+you\s+(?:so|very)\s+much\b|\bthat\s+works\s+for\s+me\b",
    _I,
)  # fmt: skip
_OUT_OF_ROLE = re.compile(
    r"\bas\s+an?\s+(?:ai|language\s+model|assistant)\b|\blanguage\s+model\b|\bsystem\s+prompt\b|\bmy\s+instructions\b"
    r"|\brole-?\s?play\b|\bemployee\b|<<<|>>>|```",
    _I,
)
_DIRECTION = re.compile(r"[*\[\]]|\([^)]*\)?")
_RULES = (
    ("speaks as the employee", _EMPLOYEE),
    ("praises or coaches", _COACHING),
    ("talks about scoring", _SCORING),
    ("gives in too early", _GIVES_IN),
    ("steps out of the role", _OUT_OF_ROLE),
    ("holds a stage direction", _DIRECTION),
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def tidy(line: str, person: str) -> str:
    """The line without the speaker's name before it or quotation marks around it, as small models like to add them."""
    line = re.sub(rf"^\W*{re.escape(person)}\W*:\s*", "", line.strip(), flags=_I)
    return line.strip('"“” \n') if line[:1] in '"“' else line


def broken_rule(line: str, *, heard: str, earlier: Collection[str], finished: bool = True) -> str:
    """The rule that the person's line breaks, or an empty string.

    Args:
        line: what the model wrote, tidied; so far or whole.
        heard: what the candidate said last.
        earlier: lines the person has said before.
        finished: False while the line is still coming.
    """
    if finished and not _WORD.search(line):
        return "is empty"
    if "\n" in line.strip() or re.search(r"^\w+(?: \w+){0,2}:\s", line):
        return "speaks for others too"
    if len(line.split()) > MOST_WORDS:
        return f"is longer than {MOST_WORDS} words"
    for rule, pattern in _RULES:
        if pattern.search(line.replace("’", "'")):
            return rule
    if set(_runs(line)) & set(_runs(heard)):
        return "repeats what was said to it"
    if finished and not re.search(r"[.!?…][\"”]?$", line.strip()):
        return "breaks off"
    if finished and _words(line) in map(_words, earlier):
        return "repeats itself"
    return ""


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    for start in range(len(words) - LONGEST_ECHO):
        yield tuple(words[start : start + LONGEST_ECHO + 1])

"""Tells which words of a probe give away the criterion it is after; never judges what a probe means."""

from __future__ import annotations

import re
from itertools import takewhile

__all__ = ["giveaways"]

_COMMON = set(
    re.findall(
        r"\w+",
        """
    abilities ability about above after again also another anybody anything around asked away back because been before
    being best better both cause come could dealt describe details does doing done down during each easy else
    ever every example explain felt find first following found from full gave give giving goes going good great
    happen happened happens hard have having help here into just keep kept kind know lack last later least leave less
    like little long look looking made maintain maintaining make making many maybe mean mind moment more most
    much must need next number once only other over part parts place point remain remaining rest right said same
    second seem show showing side since skill skills some somebody someone something sort such take talk tell
    tells than that their them then there these they thing things think third this those through time told took
    toward towards under until used usually very walk want were what when where which while whole will with
    without word words work would year years your yours yourself
        """,
    )
)
"""Words of four letters or more that can stand in a probe without telling what it is after."""


def giveaways(probe: str, name: str, question: str) -> list[str]:
    """Words of a criterion's name that its probe says in any form, unless the question itself already said them."""

    def words(text: str) -> list[str]:
        return [word for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _COMMON]

    secret = [word for word in words(name) if not any(_akin(word, other) for other in words(question))]
    return [word for word in words(probe) if any(_akin(word, other) for other in secret)]


def _akin(one: str, other: str) -> bool:
    """Two forms of a word, near enough: they open alike (`calm`, `calmly`; `satisfied`, `satisfaction`)."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return alike >= 4 and alike >= 0.6 * min(len(one), len(other))

"""Reduces English words to what a form, a spelling or a plain synonym leaves alike; never tells what they mean.

Endings are cut by `stems`. What it can't know are irregular forms (`told`, `left`) and the few synonyms
that change nothing in a story (`told` for `said`, `client` for `customer`): both are tables here.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from ..stems import stem as ending_cut

__all__ = ["AUXILIARIES", "FUNCTION_WORDS", "fold_word", "is_content", "listed", "may_be_past", "stem"]

_IRREGULAR = """
awake awoke awoken; bear bore borne born; beat beaten; become became; begin began begun; bend bent; bet; bind bound;
bite bit bitten; bleed bled; blow blew blown; break broke broken; breed bred; bring brought; build built; burn burnt;
buy bought; catch caught; choose chose chosen; cling clung; come came; creep crept; deal dealt; dig dug; draw drew;
dream dreamt; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought;
find found; flee fled; fly flew flown; forbid forbade forbidden; forget forgot forgotten; forgive forgave forgiven;
freeze froze frozen; get got gotten; give gave given; go went gone goes; grind ground; grow grew grown; hang hung;
hear heard; hide hid hidden; hold held; keep kept; kneel knelt; know knew known; lay laid; lead led; lean leant;
learn learnt; leave left; lend lent; lie lay lain lying; light lit; lose lost; make made; mean meant; meet met;
mistake mistook mistaken; overcome overcame; pay paid; prove proven; ride rode ridden; ring rang rung;
rise rose risen; run ran; say said; see saw seen; seek sought; sell sold; send sent; shake shook shaken; shine shone;
shoot shot; show shown; shrink shrank shrunk; sing sang sung; sink sank sunk; sit sat; sleep slept; slide slid;
speak spoke spoken; speed sped; spend spent; spill spilt; spin spun; stand stood; steal stole stolen; stick stuck;
strike struck stricken; swear swore sworn; sweep swept; swim swam swum; swing swung; take took taken; teach taught;
tear tore torn; tell told; think thought; throw threw thrown; tread trod trodden; understand understood;
undertake undertook undertaken; wake woke woken; wear wore worn; weep wept; win won; wind wound; withdraw withdrew;
write wrote written; man men; woman women; child children; person people; foot feet; tooth teeth; life lives;
wife wives
"""
_SYNONYMS = """
say tell; speak talk; start begin; finish complete; big large; small little; help assist; buy purchase;
customer client; shop store; boss manager; job position; fix repair; stay remain; try attempt;
phone telephone; answer reply respond; mistake error; colleague coworker workmate; choose select pick;
need require; happen occur; quick fast; child kid; receive get; right correct; afraid scared;
annoyed irritated; also additionally; somebody someone; everybody everyone; usually normally;
apologise apologize; organise organize; recognise recognize; realise realize
"""


def listed(words: str) -> frozenset[str]:
    """A set of words, written as text."""
    return frozenset(words.split())


AUXILIARIES = listed(
    """am is are was were be been being do does did done doing have has had having can could shall should will would may
    might must"""
)
_CONNECTIVES = listed(
    """first firstly then next after afterwards afterward later finally eventually before when while once during
    meanwhile until since because so therefore however although though as but and or nor also too again still even just
    already now yet thus whereas instead anyway overall time times moment situation case example instance thing things
    way ways end"""
)
"""Words that only string a story together."""
FUNCTION_WORDS = listed(
    """a an the this that these those such some any other another each both either own same i me my mine myself we us
    our ours ourselves you your yours yourself he him his himself she her hers herself it its itself they them their
    theirs themselves who whom whose which what where why how there here of in on at by for with from to into onto over
    under about up down out off through between among around along across behind beyond near toward towards upon against
    within if whether than like via per not no never none nothing nobody neither nor without cannot s t d ll re ve m
    """
)


def fold_word(word: str) -> str:
    """One word as compared: compatible forms and case are alike, accents and invisible characters left out."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf", "Cc"))


def is_content(word: str) -> bool:
    """Whether a folded word says something itself, rather than joining others."""
    return word not in FUNCTION_WORDS and word not in _CONNECTIVES and word not in AUXILIARIES


def may_be_past(word: str) -> bool:
    """Whether a folded word could be a verb in the past."""
    return word.endswith("ed") or word in _irregular()


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """What a folded word shares with its other forms and its plain synonyms."""
    base = _irregular().get(word, word)
    found = ending_cut(base)
    return _synonyms().get(found, found)


@cache
def _irregular() -> dict[str, str]:
    rows = [row.split() for row in _IRREGULAR.split(";")]
    return {form: base for base, *forms in rows for form in forms}


@cache
def _synonyms() -> dict[str, str]:
    rows = [[*map(ending_cut, row.split())] for row in _SYNONYMS.split(";")]
    return {other: first for first, *others in rows for other in others}

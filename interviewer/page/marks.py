"""Makes text safe to show and marks the evidence in answers; never lets anybody's words become HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ..phrases import _
from ..schema import Quote
from ..wording import Evidence, Segment, cut_answers, say_verdict

__all__ = ["badge", "escape", "icon", "lighting_rules", "show_answers", "show_quote"]

LONG = 5_000
"""Characters from which on an answer scrolls by itself, so that what was made of it is not far below."""
# Drawn here rather than typed as characters: a phone shows ✓ and ⚑ as coloured pictures, or as empty boxes.
_SHAPES = {
    "covered": '<path d="M3.5 8.5l3 3 6-7"/>',
    "partial": '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" class="solid"/>',
    "missing": '<circle cx="8" cy="8" r="5.5"/>',
    "present": '<path d="M4 14V2.5M4 3h8l-2 3 2 3H4"/>',
    "unsure": '<path d="M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.8M8 12.8v.4"/>',
    "unscored": '<path d="M4 8h8"/>',
    "pending": '<path d="M4 8h.1M8 8h.1M12 8h.1"/>',
}
_SAME = {"absent": "covered", "told": "covered", "left_out": "missing"}


def escape(text: str) -> str:
    """Text as HTML that shows exactly that text, in element content and in quoted attributes.

    Braces and dollar signs go too: the browser's HTML component reads `{{…}}` and `${…}` in templates, and nobody's
    words should ever come near one.
    """
    safe = html.escape(text, quote=True)
    for character in "{}$`":
        safe = safe.replace(character, f"&#{ord(character)};")
    return safe


def icon(verdict: str) -> str:
    """The sign of a verdict; the word always stands beside it, so readers aloud skip it."""
    shape = _SHAPES[_SAME.get(verdict, verdict)]
    return f'<svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{shape}</svg>'


def badge(item: Evidence, prefix: str, *, toward: str) -> str:
    """The number of a piece of evidence as a button; `toward` is `words` (in the answer) or `criterion`."""
    says = {
        "criterion": _("{number}: {name}, {verdict}. Go to the verdict"),
        "words": _("{number}: go to the words in the answer"),
    }[toward].format(number=item.number, name=item.name, verdict=say_verdict(item.verdict))
    kind = "flag" if item.kind == "red_flag" else item.kind
    return (
        f'<button type="button" class="badge of-{kind}" data-n="{item.number}" '
        f'data-go="{prefix}-{toward}-{item.number}" aria-label="{escape(says)}" title="{escape(item.name)}">'
        f"{item.number}</button>"
    )


def show_quote(quote: Quote, *, several: bool) -> str:
    """The candidate's words under a verdict; `several` answers: says which one they are from."""
    source = (
        f' <cite class="from">{escape(_("answer {number}").format(number=quote.answer + 1))}</cite>' if several else ""
    )
    return f'<blockquote class="quote">“{escape(quote.text.strip())}”{source}</blockquote>'


def show_answers(answers: Sequence[str], evidence: Sequence[Evidence], prefix: str) -> str:
    """The answers as they were given, the words that verdicts rest on marked and numbered."""
    by_number = {item.number: item for item in evidence}
    jumped: set[int] = set()
    blocks = []
    for index, segments in enumerate(cut_answers(answers, evidence)):
        words = "".join(_show_segment(segment, by_number, prefix, jumped) for segment in segments)
        which = escape(_("Answer {number}").format(number=index + 1))
        title = f'<h4 class="which">{which}</h4>' if len(answers) > 1 else ""
        # What scrolls by itself must be reached by keyboard.
        kind = 'words long" tabindex="0' if len(answers[index]) > LONG else "words"
        blocks.append(f'{title}<p class="{kind}">{words}</p>')
    return "".join(blocks)


def _show_segment(segment: Segment, by_number: dict[int, Evidence], prefix: str, jumped: set[int]) -> str:
    text = escape(segment.text)
    if not segment.numbers:
        return text
    first = [number for number in segment.numbers if number not in jumped]
    jumped.update(first)
    # The place a criterion's number leads to: its first marked words, once.
    places = "".join(f'<span id="{prefix}-words-{number}"></span>' for number in first)
    flagged = any(by_number[number].verdict == "present" for number in segment.numbers)
    numbers = " ".join(map(str, segment.numbers))
    mark = f'<mark class="{"flagged" if flagged else "shown"}" data-n="{numbers}">{places}{text}</mark>'
    badges = "".join(badge(by_number[number], prefix, toward="criterion") for number in segment.ending)
    return f'{mark}<span class="badges">{badges}</span>' if badges else mark


def lighting_rules(evidence: Sequence[Evidence], prefix: str) -> str:
    """CSS by which pointing at a criterion or its number lights its words, and the other way round; no script."""
    rules = []
    for number in (item.number for item in evidence):
        lit = f'[data-n~="{number}"]'
        for act in ("hover", "focus-within"):
            here = f'#{prefix}:has([data-lights="{number}"]:{act}, .badge[data-n="{number}"]:{act})'
            rules.append(f"{here} mark{lit}{{background:var(--lit);color:var(--lit-ink)}}")
            rules.append(f'{here} [data-lights="{number}"]{{background:var(--hovered)}}')
    return f"<style>{''.join(rules)}</style>" if rules else ""

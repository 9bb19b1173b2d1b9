"""A panel for the page's tests: a scripted interviewer and grader at one table, and an answer they have verdicts on."""

from __future__ import annotations

from collections.abc import Sequence

from scripted import Said, ScriptedDecider, scripted_llm
from shipped import LIBRARY, PROMPTS

from interviewer.errors import InterviewerError
from interviewer.interview import Interviewer
from interviewer.panel import Panel
from interviewer.schema import Agreement, Calibration

ANSWER = (
    "Last winter a man came to the service desk shouting that we had sold him a broken drill on purpose. "
    "I took a breath, kept my voice low and let him tell the whole story without cutting in. "
    "Then I said that I would be annoyed too if my weekend job had stopped half way. "
    "Our policy needs a receipt, and he had none, so I looked the sale up by his card with my manager's approval. "
    "He left with a new drill and a bit for free. "
    "To be honest he could have been less stupid about it."
)
SECOND = (
    "I asked my manager afterwards how I had done. She said I could have offered the card search earlier, so now I do."
)

VERDICTS: Said = {
    "key_point.calm": "covered",
    "quote.key_point.calm": "2",
    "key_point.listening": ("covered", 0.97),
    "quote.key_point.listening": "2",
    "key_point.empathy": "covered",
    "quote.key_point.empathy": "3",
    "key_point.professional": ("partial", 0.52),
    "key_point.problem_solving": "covered",
    "quote.key_point.problem_solving": "4",
    "key_point.de_escalation": ("partial", 0.71),
    "quote.key_point.de_escalation": "2",
    "key_point.protocols": "covered",
    "quote.key_point.protocols": "4",
    "key_point.satisfaction": ("partial", 0.66),
    "quote.key_point.satisfaction": "5",
    "motivation.conflict_resolution": "2",
    "quote.motivation.conflict_resolution": "4",
    "motivation.service_orientation": "2",
    "quote.motivation.service_orientation": "5",
    "motivation.problem_solving": ("3", 0.62),
    "quote.motivation.problem_solving": "4",
    "motivation.emotional_intelligence": "1",
    "quote.motivation.emotional_intelligence": "3",
    "star.situation": "true",
    "quote.star.situation": "1",
    "star.task": ("true", 0.45),
    "star.action": "true",
    "quote.star.action": "4",
    "star.result": "true",
    "quote.star.result": "5",
}
FLAGGED: Said = {**VERDICTS, "red_flag.blaming": ("true", 0.83), "quote.red_flag.blaming": "6"}

FOLLOW_UPS = (
    "You looked the sale up by his card. What went through your mind before you decided that?",
    "Thank you. What did you take away from that day?",
    "And how did the customer leave you?",
)
AGREEMENT = Agreement(
    labellers="model-rater-1",
    split="difficult-customers test (40 answers)",
    measured="2026-11-23",
    key_point_macro_f1=0.62,
    key_point_coverage=0.81,
    key_points=500,
    key_points_right=355,
    raters_alike=0.92,
    red_flag_f1=0.7,
    band_qwk=0.71,
    flagged_answers=18,
    flagged_found=11,
)


def seat(
    *lines: str | Sequence[str | InterviewerError],
    said: Said | None = None,
    decider: ScriptedDecider | None = None,
    reader: ScriptedDecider | None = None,
    measured: bool = True,
    notices: tuple[str, ...] = (),
) -> Panel:
    """A panel whose interviewer says these lines and whose grader decides as told."""
    calibration = Calibration(key_point=0.55, agreement=AGREEMENT if measured else None)
    llm, _ = scripted_llm(*lines) if lines else (None, None)
    return Panel(
        library=LIBRARY,
        prompts=PROMPTS,
        interviewer=Interviewer(PROMPTS, llm),
        decider=decider or ScriptedDecider(VERDICTS if said is None else said, calibration=calibration),
        reader=reader,
        notices=notices,
    )

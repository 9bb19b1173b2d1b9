"""Documents written as a coach would: begun with `new_document`, then filled in."""

from __future__ import annotations

from pathlib import Path

from interviewer.authoring import Kind, new_document

LINES: dict[Kind, tuple[tuple[str, str], ...]] = {
    "question": (
        ("role:", "role: Store Manager"),
        ("function:", "function: Retail"),
        ("role_description:", "role_description: Runs a shop from opening to closing."),
        ("themes: []", "themes: [Planning]"),
        ("# …", "# What do you do when a delivery is late?"),
        ("### … {#…}", "### Telling people early {#telling_early}"),
        ("what the candidate does. -->", "what the candidate does. -->\n\nTells those who wait before they ask."),
        ("- Covered:", "- Covered: Rang or wrote to customers, and tells what they said."),
        ("- Partly:", "- Partly: Told them when they complained."),
        ("- Probe:", "- Probe: Who heard of it, and when?"),
        ("### … {#…}", "### Reliability {#reliability}"),
        ("of the candidate? -->", "of the candidate? -->\n\nCan others count on the candidate?"),
        ("- 0:", "- 0: Broke a promise without a word."),
        ("- 1:", "- 1: Says that promises matter."),
        ("- 2:", "- 2: Did something to keep one, told with little detail."),
        ("- 3:", "- 3: Kept or mended one in specific steps, and tells what that changed for whoever relied on it."),
        ("- Probe:", "- Probe: What had you told them beforehand?"),
        ("### … {#…}", "### Shrugging {#shrugging}"),
        (
            "what the candidate says or does. -->",
            "what the candidate says or does. -->\n\nTreats it as nobody's business.",
        ),
        ("- Not this:", "- Not this: Saying that the carrier caused it, while still helping."),
        ("- Situation:", "- Situation: Which delivery was it?"),
        ("- Task:", "- Task: What was yours to do?"),
        ("- Action:", "- Action: What exactly did you do?"),
        ("- Result:", "- Result: How did it end?"),
    ),
    "example": (
        ("# …", "# Nine calls before eight"),
        ("## Situation", "## Situation\n\nThe lorry was stuck in the snow."),
        ("## Action", "## Action\n\nI rang all nine customers."),
        ("## Result", "## Result\n\nNobody came for nothing."),
        ("## Takeaways", "## Takeaways\n\n- Call before they do."),
    ),
    "guide": (
        ("# …", "# Calling before they call\n\nFor mornings when something won't arrive."),
        ("### …", "### Find out\n\nAsk the carrier what is certain."),
    ),
}
"""What stands in a skeleton, and what a coach makes of it, in order."""


def write(folder: Path, id: str = "late-delivery", kind: Kind = "question", *changes: tuple[str, str]) -> Path:
    """A sound document in `folder`; `changes` are (what stands there, what becomes of it)."""
    path = new_document(id, kind, folder)
    done, rest = "", path.read_text(encoding="utf-8")
    for was, becomes in LINES[kind]:
        start = "" if "-->" in was else "\n"
        before, found, rest = rest.partition(start + was)
        assert found, was
        done += before + start + becomes
    text = done + rest
    for was, becomes in changes:
        assert was in text, was
        text = text.replace(was, becomes)
    path.write_text(text, encoding="utf-8")
    return path

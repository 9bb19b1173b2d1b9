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
    "role-play": (
        ("question:", "question: difficult-customers"),
        ("example:", "example: angry-customer"),
        ("person:", "person: Ms Reyes"),
        ("# …", "# The sofa that didn't come\n\nYou are at the counter of a furniture shop."),
        ("none of their lines. -->", "none of their lines. -->\n\nShe took a day off for the delivery."),
        ("- Role:", "- Role: a customer at the counter"),
        ("- Wants:", "- Wants: To know when the sofa comes."),
        ("- Knows:", "- Knows: That she was promised today."),
        ("- Doesn't know:", "- Doesn't know: That carriage can be free after a missed date."),
        ("- Opens:", "- Opens: I sat at home all day! Where is it?"),
        ("- 0:", "- 0: Friendly. Speaks quietly."),
        ("- 1:", "- 1: Put out. Short sentences, but listens."),
        ("- 2:", "- 2: Annoyed. Talks fast and repeats herself."),
        ("- 3:", "- 3: Angry. Raises her voice."),
        ("- 4:", "- 4: Gone. Walks out."),
        ("### … {#…}", "### Regret {#regret}"),
        ("that calms. -->", "that calms. -->\n\nYou say sorry for the lost day."),
        ("- Because:", "- Because: you said that you were sorry for her day"),
        ("- Cues:", "- Cues: I'm sorry, apolog*"),
        ("### … {#…}", "### Commanding {#command}"),
        ("that upsets. -->", "that upsets. -->\n\nYou tell her how to behave."),
        ("- Because:", "- Because: you told her how to behave"),
        ("- Cues:", "- Cues: calm down, you need to"),
        ("### … {#…}", "### The lost day {#day}"),
        ("in a sentence. -->", "in a sentence. -->\n\nShe wants somebody to see that her day is gone."),
        ("- Settled by:", "- Settled by: regret"),
        ("- Calm:", "- Calm: I only wish somebody had rung me."),
        ("- Tense:", "- Tense: A whole day off! Does nobody here ring people?"),
        ("- Heated:", "- Heated: A whole day! And you just stand there!"),
        ("- Settled:", "- Settled: All right. Then I'll see you on Friday."),
        ("- Leaves:", "- Leaves: I've heard enough."),
        ("- Turns:", "- Turns: I can't stand here all day as well."),
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

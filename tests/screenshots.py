"""Takes the pictures in docs/: `python tests/screenshots.py`; needs Chromium and playwright, no network."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browsing import chromium, served
from shipped import QUESTION
from tables import ANSWER, FOLLOW_UPS, SECOND, seat

DOCS = Path(__file__).resolve().parent.parent / "docs"
SIZES = {"desktop": (1360, 900), "phone": (390, 844)}


def main() -> None:
    """One picture of each moment in light and dark, on a desktop and a phone."""
    wanted = sys.argv[1:]
    DOCS.mkdir(exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for scheme in ("light", "dark"):
            for device, (width, height) in SIZES.items():
                if wanted and f"{device}-{scheme}" not in wanted:
                    continue
                with served(seat(*FOLLOW_UPS), Path(folder) / device / scheme) as address:
                    context = browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
                    )
                    page = context.new_page()
                    page.goto(f"{address}/?__theme={scheme}")
                    page.get_by_role("button", name="Start the interview").wait_for()
                    page.wait_for_timeout(500)
                    page.screenshot(path=DOCS / f"start-{device}-{scheme}.png")
                    page.get_by_role("tab", name="Plans").click()
                    page.get_by_role("radio", name="Loss Prevention").check()
                    page.wait_for_timeout(300)
                    page.screenshot(path=DOCS / f"plans-{device}-{scheme}.png")
                    page.get_by_role("tab", name="Questions").click()
                    page.get_by_label("Search").fill("customers")
                    page.get_by_role("checkbox", name=QUESTION.question).check()
                    page.get_by_role("checkbox", name=QUESTION.question).scroll_into_view_if_needed()
                    page.wait_for_timeout(500)
                    page.screenshot(path=DOCS / f"library-{device}-{scheme}.png")
                    page.get_by_role("button", name="Start the interview").click()
                    page.get_by_label("Your answer").fill(ANSWER)
                    page.get_by_role("button", name="Send answer").click()
                    page.get_by_text("Two things to do better").wait_for()
                    page.get_by_text("by his card. What went").wait_for()
                    page.get_by_label("Your answer").fill(SECOND)
                    page.wait_for_timeout(700)
                    page.screenshot(path=DOCS / f"rubric-{device}-{scheme}.png", full_page=True)
                    context.close()


if __name__ == "__main__":
    main()

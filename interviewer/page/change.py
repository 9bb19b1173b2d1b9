"""What a handler changes on the page, in words that know no gradio; `app` turns it into gradio's."""

from __future__ import annotations

from typing import Any

__all__ = ["Change"]


class Change(dict[str, Any]):
    """What to change on the page, by name of the part (`app` knows them); absent parts stay as they are."""

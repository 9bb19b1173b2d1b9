"""How the page looks: a theme of its own for what gradio draws, style sheet and script for the rest; never fetched."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ..phrases import chosen_language

__all__ = ["head", "make_theme", "style_sheet"]

_HERE = Path(__file__).parent
SCRIPTS = (
    "shared",
    "evidence",
    "unfolded",
    "choosing",
    "views",
    "sending",
    "clock",
    "talk",
    "voice",
    "job",
    "better",
    "progress",
    "plays",
    "files",
    "group",
    "away",
)
"""The files of `scripts/`, in the order they run: comforts, speech, and the way from forms of ours to the server. They
send nothing anywhere but to the page's own server."""
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
"""Fonts the machine has: a web font would be fetched from somebody else's server."""

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' "
    "rx='4' fill='%230b6b63'/%3E%3Cpath d='M4 5h8M4 8h5M4 11h7' stroke='white' stroke-width='1.6' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)


def make_theme() -> Any:
    """Gradio's plain theme with our colours, from the style sheet's variables, so that both always agree."""
    import gradio as gr

    theme = gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=list(FONTS),
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
        radius_size="md",
        text_size="md",
    )
    # One set of colours: style.css defines them for light and dark, gradio's parts refer to them.
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "background_fill_primary": "var(--sheet)",
        "background_fill_secondary": "var(--paper)",
        "block_background_fill": "var(--sheet)",
        "block_border_color": "var(--line)",
        "block_label_background_fill": "var(--sheet)",
        "block_label_text_color": "var(--soft)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent_soft": "var(--tint)",
        "input_background_fill": "var(--sheet)",
        "input_background_fill_focus": "var(--sheet)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--soft)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-deep)",
        "button_primary_border_color": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "var(--sheet)",
        "button_secondary_background_fill_hover": "var(--tint)",
        "button_secondary_border_color": "var(--edge)",
        "button_secondary_text_color": "var(--ink)",
    }
    return theme.set(**both, **{f"{name}_dark": value for name, value in both.items()})


@cache
def style_sheet() -> str:
    """The whole of `style.css`."""
    return (_HERE / "style.css").read_text(encoding="utf-8")


def head() -> str:
    """What goes into the head: the page's language, the script, and the icon, drawn in place: none is fetched."""
    parts = "\n".join((_HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    # Gradio's own page says that it is in English.
    lang = f"document.documentElement.lang = {json.dumps(chosen_language())};"
    # One scope for all, and none of it the page's own: gradio's scripts share the page's.
    return f'<link rel="icon" href="{ICON}"><script>(() => {{\n{lang}\n{parts}}})();</script>'

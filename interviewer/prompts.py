"""Renders the prompt templates, a user's own before the shipped ones; never runs code from a template.

The candidate's words are only ever values: they are fenced and their look-alikes of the fence defused by the
`fence` filter, and `{{ … }}` typed by a candidate stays text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import jinja2
import jinja2.meta
import jinja2.sandbox

from .errors import PromptError
from .folders import bundled

__all__ = ["FENCE_CLOSE", "FENCE_OPEN", "Prompts", "fence"]

FENCE_OPEN = "<<<candidate"
FENCE_CLOSE = "candidate>>>"
_ANGLES = re.compile(r"<{2,}|>{2,}|[＜〈《«⟨]{2,}|[＞〉》»⟩]{2,}")
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\U000e0100-\U000e01ef]")
_CHAT_MARKS = re.compile(r"<\|([^|<>\n]{1,40})\|>")


def fence(text: str) -> str:
    """Puts the candidate's words between markers that the words themselves can't contain.

    Three attacks are closed: writing the closing marker to speak as the prompt (runs of angle brackets are thinned to
    one), writing a model's own control tokens such as `<|im_end|>` (their bars are dropped), and hiding words in
    characters that no screen shows but a model reads (they are dropped; what joins letters and emoji stays).
    """
    return f"{FENCE_OPEN}\n{defuse(text)}\n{FENCE_CLOSE}"


def defuse(text: str) -> str:
    """The words without fence or control-token look-alikes and hidden characters; nothing else is changed."""
    return _ANGLES.sub(lambda run: run[0][0], _CHAT_MARKS.sub(r"<\1>", _UNSEEN.sub("", text)))


class Prompts:
    """The prompt templates: `name` is a path such as `grader/state.j2`."""

    def __init__(self, overrides: Sequence[Path] = (), *, remember: bool = False) -> None:
        """Looks in each of `overrides` in turn, then in the shipped folder, template by template.

        Args:
            overrides: folders of other templates.
            remember: render nothing twice, for thousands of grades in a row; a file that changes meanwhile isn't seen.
        """
        self.folders = (*overrides, bundled("prompts"))
        loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(folder) for folder in self.folders])
        self._environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
            loader=loader,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )
        self._environment.filters |= {"fence": fence, "defuse": defuse}
        self._remembered = lru_cache(maxsize=2048)(self._render) if remember else None

    def render(self, name: str, **values: object) -> str:
        """The template filled in, without white space at either end.

        Raises:
            PromptError: no such template, a mistake in it, or a variable it needs was not given.
        """
        if self._remembered is not None:
            try:
                return self._remembered(name, **values)
            except TypeError:  # a list, say, which can't be looked up
                pass
        return self._render(name, **values)

    def _render(self, name: str, **values: object) -> str:
        try:
            return self._environment.get_template(name).render(**values).strip()
        except jinja2.TemplateNotFound as missing:
            places = " nor ".join(str(folder / name) for folder in self.folders)
            raise PromptError(f"{missing.name}: no such template: neither {places} exists.") from missing
        except jinja2.TemplateSyntaxError as wrong:
            raise PromptError(f"{wrong.filename}:{wrong.lineno}: {wrong.message}; correct the template.") from wrong
        except jinja2.TemplateError as wrong:
            raise PromptError(
                f"{self.source(name)}: {wrong}; it can use {', '.join(sorted(values)) or 'no variables'}."
            ) from wrong
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
            raise PromptError(f"{self.source(name)}: {wrong}; correct the template.") from wrong

    def names(self) -> tuple[str, ...]:
        """Every template there is, sorted."""
        return tuple(name for name in self._environment.list_templates() if name.endswith(".j2"))

    def source(self, name: str) -> Path:
        """The file a template comes from: the first folder that has it."""
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        raise PromptError(f"{name}: no such template in {', '.join(map(str, self.folders))}.")

    def variables(self, name: str) -> frozenset[str]:
        """The variables a template needs, as Jinja itself finds them."""
        text = self.source(name).read_text(encoding="utf-8")
        try:
            return frozenset(jinja2.meta.find_undeclared_variables(self._environment.parse(text)))
        except jinja2.TemplateSyntaxError as wrong:
            raise PromptError(f"{self.source(name)}:{wrong.lineno}: {wrong.message}; correct the template.") from wrong

    def hash(self, folder: str = "grader") -> str:
        """12 hexadecimal digits that change with any template of the folder (`shared/` counts too)."""
        return self._hashes(folder)

    def _hashes(self, folder: str) -> str:
        if folder not in self._hashed:
            digest = hashlib.sha256()
            for name in self.names():
                if name.startswith((f"{folder}/", "shared/")):
                    digest.update(name.encode() + b"\0" + self.source(name).read_bytes() + b"\0")
            self._hashed[folder] = digest.hexdigest()[:12]
        return self._hashed[folder]

    @cached_property
    def _hashed(self) -> dict[str, str]:
        return {}

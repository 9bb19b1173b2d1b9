"""Keeps the catalogues of sentences: `python tests/words.py` extracts them, updates each language and compiles it."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from interviewer.phrases import DOMAIN, LANGUAGES

# Of this checkout, whichever is installed.
PACKAGE = Path(__file__).resolve().parents[1] / "interviewer"
FOLDER = PACKAGE / "languages"
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
ONE, COUNTED = ("_", "later"), ("count_of", "forms_of")
"""What marks a sentence, and what marks one with its plural."""
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands where gettext wants a moment: a file changes only when a sentence does."""
_NOISE = re.compile(rb'"(?:POT-|PO-|Report-|Last-|Language-Team|Generated-|Project-)[^\n]*\n')
"""What Babel adds to a file's head that says nothing here."""
_ABOUT = """\
# Every sentence of the interface. Written by `make words` from the code: change them there.
#"""

Sentence = str | tuple[str, str]


def sentences(source: str) -> Iterator[Sentence]:
    """Every sentence a module marks, in its order; a call with anything but a string in place looks one up."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        given = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in ONE and given:
            yield given[0]
        elif name in COUNTED and len(given) >= 2:
            yield given[0], given[1]
        elif name == "map" and ast.unparse(call.args[0]) == "later":
            yield from (str(one.value) for one in ast.walk(call) if isinstance(one, ast.Constant))


def extract() -> Catalog:
    """All sentences of the package, each with the modules that use it."""
    found: dict[Sentence, list[tuple[str, int]]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        place = (file.relative_to(PACKAGE.parent).as_posix(), 0)
        for sentence in sentences(file.read_text(encoding="utf-8")):
            places = found.setdefault(sentence, [])
            if place not in places:
                places.append(place)
    alone = {sentence for sentence in found if isinstance(sentence, str)}
    catalogue = Catalog(header_comment=_ABOUT, fuzzy=False)
    for sentence, places in found.items():
        # gettext keeps one entry for both: who uses it alone gets the singular of the counted one.
        if isinstance(sentence, str) and any(isinstance(one, tuple) and one[0] == sentence for one in found):
            continue
        also = found[sentence[0]] if isinstance(sentence, tuple) and sentence[0] in alone else []
        catalogue.add(sentence, locations=list(dict.fromkeys([*places, *also])))
    return catalogue


def po_file(language: str) -> Path:
    """Where a language's translations are written."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def as_text(catalogue: Catalog) -> bytes:
    """A catalogue as gettext's text."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    return _NOISE.sub(b"", out.getvalue())


def read(language: str) -> Catalog:
    """A language's translations; none in a language that is new."""
    file = po_file(language)
    if not file.is_file():
        return Catalog(locale=language, header_comment=f"# {LANGUAGES[language]}\n#", fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def compile_(catalogue: Catalog) -> bytes:
    """A catalogue as the standard library reads it."""
    catalogue.creation_date = catalogue.revision_date = _NEVER
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def main() -> None:
    """Write the template, each language's entries, and each language's compiled file."""
    template = extract()
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(as_text(template))
    for language in sorted(LANGUAGES.keys() - {"en"}):
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(as_text(catalogue))
        po_file(language).with_suffix(".mo").write_bytes(compile_(catalogue))
        missing = [message.id for message in catalogue if message.id and not all(_strings(message.string or ""))]
        print(f"{language}: {len(catalogue)} sentences, {len(missing)} without a translation.")
        for id in missing:
            print(f"  {id}")


def _strings(string: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


if __name__ == "__main__":
    main()

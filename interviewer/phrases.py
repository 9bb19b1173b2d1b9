"""Gives every sentence people read in the language that was chosen; the sentences themselves stand where they are used.

`_("Try again")` looks the English sentence up in a gettext catalogue (`languages/LANGUAGE/LC_MESSAGES`). Numbers and
names go in afterwards: `_("{count} of {all}").format(…)`, never an f-string, which no catalogue could hold. What is
written down before the language is chosen (a table of names) is marked with `later` and looked up where it is shown.
"""

from __future__ import annotations

import gettext
from pathlib import Path

__all__ = ["LANGUAGES", "_", "chosen_language", "count_of", "forms_of", "later", "lowered", "use_language"]

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Name of each language in itself; English needs no catalogue."""
FOLDER = Path(__file__).parent / "languages"
DOMAIN = "interviewer"


class _Chosen:
    """One language a process: the page is laid out once, for everybody who opens it."""

    language = "en"
    catalogue = gettext.NullTranslations()


def use_language(language: str) -> None:
    """From now on sentences come in this language, a key of `LANGUAGES`.

    Raises:
        KeyError: there is no such language.
    """
    LANGUAGES[language]
    _Chosen.language = language
    english = language == "en"
    _Chosen.catalogue = gettext.NullTranslations() if english else gettext.translation(DOMAIN, FOLDER, [language])


def chosen_language() -> str:
    """The key of the language in use."""
    return _Chosen.language


def _(sentence: str) -> str:
    """The sentence in the language in use; in English where it has no translation."""
    return _Chosen.catalogue.gettext(sentence) if sentence else ""


def count_of(one: str, many: str, number: int) -> str:
    """`one` or `many`, as the language has it, with `{number}` filled in."""
    return _Chosen.catalogue.ngettext(one, many, number).format(number=number)


def later(sentence: str) -> str:
    """Marks a sentence for the catalogue without looking it up yet."""
    return sentence


def forms_of(one: str, many: str) -> dict[str, list[str] | str]:
    """A counted sentence for a script that fills `{number}` in itself.

    Returns:
        `forms`, the sentences there are, and `of`: a digit for each number from 0 to 199, the place of its sentence.
        Greater numbers are as `100 + number % 100`: no language's rule looks at more than the last two digits.
    """
    said = [_Chosen.catalogue.ngettext(one, many, number) for number in range(200)]
    forms = list(dict.fromkeys(said))
    return {"forms": forms, "of": "".join(str(forms.index(sentence)) for sentence in said)}


def lowered(heading: str) -> str:
    """A heading as it stands inside a sentence: small in English; in languages that write nouns large, as it is."""
    return heading.lower() if _Chosen.language == "en" else heading

"""Languages by their codes."""

from spacy.language import Language
from spacy.util import get_lang_class

from .damage import DAMAGE
from .errors import Errors

#: Modules beside those of languages can be imported too, and have no class.
_FAILURES: tuple[type[Exception], ...] = (ImportError, *DAMAGE)


def find_language(lang: str) -> type[Language]:
    """Find a language's class.

    lang (str): Code of the language, e.g. "en".
    RETURNS (Type[Language]): The class, which makes pipelines without components.
    RAISES (ValueError): If spaCy knows no such language.
    """
    try:
        return get_lang_class(lang)
    except _FAILURES as error:
        raise ValueError(Errors.E307.format(lang=lang, reason=error)) from error

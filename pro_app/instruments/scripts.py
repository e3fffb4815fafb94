"""Which script and, roughly, which language a text is in: enough to notice a wrong or mixed one."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from pro_app.instruments.language import script

# The first words of a letter's Unicode name tell its script.
_SCRIPTS = {
    "LATIN": "Latn",
    "CJK": "Hani",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
    "HANGUL": "Hang",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAI": "Thai",
    "LAO": "Laoo",
    "KHMER": "Khmr",
    "MYANMAR": "Mymr",
    "TIBETAN": "Tibt",
    "MONGOLIAN": "Mong",
    "GEORGIAN": "Geor",
    "ARMENIAN": "Armn",
    "ETHIOPIC": "Ethi",
}
_OF_LANGUAGE = {
    "zh": {"Hani"},
    "yue": {"Hani"},
    "ja": {"Hani", "Hira", "Kana"},
    "ko": {"Hang", "Hani"},
    "ru": {"Cyrl"},
    "uk": {"Cyrl"},
    "be": {"Cyrl"},
    "bg": {"Cyrl"},
    "mk": {"Cyrl"},
    "kk": {"Cyrl"},
    "el": {"Grek"},
    "ar": {"Arab"},
    "fa": {"Arab"},
    "ur": {"Arab"},
    "ug": {"Arab"},
    "he": {"Hebr"},
    "hi": {"Deva"},
    "mr": {"Deva"},
    "ne": {"Deva"},
    "bn": {"Beng"},
    "ta": {"Taml"},
    "te": {"Telu"},
    "th": {"Thai"},
    "lo": {"Laoo"},
    "km": {"Khmr"},
    "my": {"Mymr"},
    "bo": {"Tibt"},
    "ka": {"Geor"},
    "hy": {"Armn"},
    "am": {"Ethi"},
    "en": {"Latn"},
    "de": {"Latn"},
    "fr": {"Latn"},
    "es": {"Latn"},
    "it": {"Latn"},
    "pt": {"Latn"},
    "nl": {"Latn"},
    "sv": {"Latn"},
    "da": {"Latn"},
    "nb": {"Latn"},
    "fi": {"Latn"},
    "pl": {"Latn"},
    "cs": {"Latn"},
    "tr": {"Latn"},
    "vi": {"Latn"},
    "id": {"Latn"},
    "ms": {"Latn"},
}
_OF_TAG = {"Hans": {"Hani"}, "Hant": {"Hani"}, "Jpan": {"Hani", "Hira", "Kana"}, "Kore": {"Hang", "Hani"}}
# Words too common to be missing from a questionnaire of the language.
_COMMON = {
    "en": "the you your have did how much was were with",
    "de": "sie haben wie ihre ihr waren oder und bei nicht der die",
    "fr": "vous avez votre vos été est les des une dans de la",
    "es": "usted ha su sus el los las una por en de la",
    "it": "ha lei suo sua il gli una per nel di la è",
    "pt": "você teve sua seu o os uma por em de não",
    "nl": "u heeft uw hebt het een bij van de was",
}


def scripts_in(text: str) -> Counter[str]:
    """How many letters of each script (ISO 15924 code; `Zyyy` for one we can't name) the text has."""
    found: Counter[str] = Counter()
    for sign in text:
        if unicodedata.category(sign)[0] == "L":
            first = unicodedata.name(sign, "?").split()[0].split("-")[0]
            found[_SCRIPTS.get(first, "Zyyy")] += 1
    return found


def expected(language: str) -> set[str] | None:
    """The scripts that a text in this language is written in; None when we don't know."""
    named = script(language)
    if named is not None:
        return _OF_TAG.get(named, {named})
    return _OF_LANGUAGE.get(language.split("-")[0])


def chinese_variant(text: str) -> tuple[str, str]:
    """The characters that only Simplified, and those that only Traditional Chinese uses.

    GB 2312 and Big5 are the two character sets; what only one of them has is telling.
    """
    han = [sign for sign in text if scripts_in(sign)["Hani"]]
    simplified = "".join(sign for sign in han if _has("gb2312", sign) and not _has("big5", sign))
    traditional = "".join(sign for sign in han if _has("big5", sign) and not _has("gb2312", sign))
    return simplified, traditional


def likely_language(texts: Iterable[str]) -> str | None:
    """The language, of a few in Latin letters, that the texts look like; None when it isn't clear."""
    words = Counter(word for text in texts for word in text.lower().replace("'", " ").split())
    hits = Counter({code: sum(words[word] for word in common.split()) for code, common in _COMMON.items()})
    (best, most), (_, second) = hits.most_common(2)
    return best if most >= 5 and most >= 2 * second else None


def _has(charset: str, sign: str) -> bool:
    try:
        return bool(sign.encode(charset))
    except UnicodeEncodeError:
        return False

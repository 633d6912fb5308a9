"""Which records have the same text: what coders decide together, and what the queue counts as frequent."""

import hashlib
import unicodedata


def text_key(occupation: str, industry: str) -> str:
    """A key that two records share when their literals are the same but for case, spaces and Unicode forms.

    Returns:
        32 hexadecimal digits; empty when both literals are blank: such records have nothing in common.
    """
    parts = [
        " ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in (occupation, industry)
    ]
    if not any(parts):
        return ""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]

"""Keys of the database as addresses and forms give them: text that anybody may have typed."""


def is_key(text: str) -> bool:
    """Whether the text can be a key; SQLite takes no larger number."""
    return text.isdecimal() and len(text) < 19


def key_of(text: str) -> int:
    """The key that the text gives; 0, which no row has, for anything that cannot be one."""
    return int(text) if is_key(text) else 0

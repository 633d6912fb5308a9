"""Parts of addresses."""


class StudySlug:
    """The short name of a study: letters and digits of any script, hyphens and underscores."""

    regex = r"[-\w]{1,110}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value

"""Sentences for people. They are English here; whoever shows them may say them in another language."""

from collections.abc import Callable, Mapping


class Message(str):
    """A text in English that remembers how it was made.

    template: the text with ``%(name)s`` where something stands that differs from file to file.
    values: what stands there; values that are messages themselves are translated too.

    The template must be written out where the message is made: ``makemessages`` collects it from there.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Message":
        """The English text; a template without values is taken as it is, percent signs and all."""
        made = super().__new__(cls, template % values if values else template)
        made.template, made.values = template, values
        return made

    def said_by(self, translate: Callable[[str], str]) -> str:
        """The text in the language that ``translate`` puts templates into."""
        values = {
            name: value.said_by(translate) if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        text = translate(self.template)
        return text % values if values else text

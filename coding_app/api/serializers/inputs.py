"""What all inputs have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from coding_app.api.pagination import LARGEST_KEY

M = TypeVar("M", bound=Model)


class Input(serializers.Serializer[Any]):
    """An input that refuses fields it does not have: a name that is spelt wrongly must not be passed over."""

    elsewhere: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        """The checked values.

        Raises:
            ValidationError: by field.
        """
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields and name not in self.elsewhere]
            if unknown:
                told = _("There is no such field; the fields are: %(names)s.")
                told %= {"names": ", ".join(self.fields)}
                raise serializers.ValidationError({name: [told] for name in unknown})
        return super().to_internal_value(data)


class Key(serializers.IntegerField):
    """The key of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST_KEY, **options})


class VisibleKeyField(serializers.PrimaryKeyRelatedField[M], Generic[M]):
    """The key of something among what the user may see."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"pk_field": Key(), **options})

    def visible_to(self, user: User) -> QuerySet[M]:
        """What can be chosen."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[M]:
        """What the user of the request can choose."""
        return self.visible_to(self.context["request"].user)

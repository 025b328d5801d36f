"""The models that are known, as an object that is passed in; nothing registers itself on import."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from cutis.core.errors import ModelError
from cutis.models.descriptor import Descriptor


class Registry:
    """Descriptors by name, in the order in which they were added."""

    def __init__(self) -> None:
        self._by_name: dict[str, Descriptor] = {}

    def add(self, *descriptors: Descriptor) -> None:
        """Add all of ``descriptors``, or none of them.

        Raises:
            ModelError: a name is there already, or stands twice among ``descriptors``.
        """
        added = dict(self._by_name)
        for descriptor in descriptors:
            if descriptor.name in added:
                raise ModelError(
                    f"Two models are called {descriptor.name}; names must differ. Rename one."
                )
            added[descriptor.name] = descriptor
        self._by_name = added

    def get(self, name: str) -> Descriptor:
        """Return the model called ``name``.

        Raises:
            ModelError: no model has this name.
        """
        if name in self._by_name:
            return self._by_name[name]
        close = difflib.get_close_matches(name, self._by_name, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(self._by_name)}."
        raise ModelError(f"No model is called {name}. {hint}")

    def __iter__(self) -> Iterator[Descriptor]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

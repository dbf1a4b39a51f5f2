"""Frozen records that are JSON documents: the very documents that the core writes and reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from ._codec import WrongError, codec
from ._errors import InvalidOptionError


class Record:
    """A frozen value that is also a JSON document."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The document, of the types that `json` knows. Moments are there as seconds and as exact fractions."""
        document: dict[str, Any] = codec(type(self)).dump(self)
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made. Keys that are not known are ignored.

        Raises:
            InvalidOptionError: A value is missing or wrong; `option` is the path to it.
            TypeError: `document` is not a mapping.
        """
        given: object = document  # callers without a type checker
        if not isinstance(given, Mapping):
            raise TypeError(f"the document must be a mapping, not {type(given).__name__}")
        try:
            loaded: Self = codec(cls).load(document)
        except WrongError as wrong:
            raise InvalidOptionError(f"{wrong.where()} {wrong.problem}", option=wrong.where()) from None
        return loaded


class Document(Record):
    """A record to store and send by itself."""

    __slots__ = ()

    def to_json(self) -> str:
        """The document as JSON text."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Reads what `to_json` made.

        Raises:
            InvalidOptionError: The text is no JSON, or a value is missing or wrong.
        """
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise InvalidOptionError(f"document is not JSON: {problem}", option="document") from None
        if not isinstance(document, dict):
            raise InvalidOptionError("document is not a JSON object", option="document")
        return cls.from_dict(document)

"""Frozen records that are JSON documents: the very documents that the core writes and reads.

How a field stands in JSON follows from its type, and is worked out once for each class. A `Fraction` is `{num, den}`;
where the class also has a property of that name with `_seconds` behind it, that number stands beside it. Fields of type
`bytes` are not part of the document. A field with metadata `FLAT` puts its own fields into the document. An underscore
at the end of a name, which keeps it from being a word of Python, is not part of the key.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, Literal, Self

from ._errors import InvalidOptionError

FLAT: Final = {"flat": True}

_Load = Callable[[Any], Any]
_Dump = Callable[[Any], Any]
_MISSING: Final = object()


class Record:
    """A frozen value that is also a JSON document."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The document, of the types that `json` knows. Moments are there as seconds and as exact fractions."""
        document: dict[str, Any] = {}
        for dump in _codec(type(self)).dumps:
            dump(self, document)
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made. Keys that are not known are ignored.

        Raises:
            InvalidOptionError: A value is missing or wrong; `option` is the path to it.
            TypeError: `document` is not a mapping.
        """
        if not isinstance(document, Mapping):
            raise TypeError(f"the document must be a mapping, not {type(document).__name__}")
        try:
            loaded = _codec(cls).load(document)
        except _WrongError as wrong:
            path = "".join(reversed(wrong.path)).lstrip(".") or "document"
            raise InvalidOptionError(f"{path} {wrong.problem}", option=path) from None
        assert isinstance(loaded, cls)
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
        if not isinstance(document, Mapping):
            raise InvalidOptionError("document is not a JSON object", option="document")
        return cls.from_dict(document)


class _WrongError(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: list[str] = []


@dataclasses.dataclass(frozen=True, slots=True)
class _Codec:
    loads: tuple[Callable[[Mapping[str, Any], dict[str, Any]], None], ...]
    dumps: tuple[Callable[[Any, dict[str, Any]], None], ...]
    make: Callable[..., Record]
    first_key: str

    def load(self, document: Any) -> Record:
        if not isinstance(document, Mapping):
            raise _WrongError(f"is {_words(document)} instead of an object")
        values: dict[str, Any] = {}
        for load in self.loads:
            load(document, values)
        try:
            return self.make(**values)
        except InvalidOptionError as problem:
            raise _WrongError(str(problem)) from None


_CODECS: dict[type[Record], _Codec] = {}


def _codec(cls: type[Record]) -> _Codec:
    known = _CODECS.get(cls)
    if known is None:
        known = _CODECS[cls] = _compile(cls)
    return known


def _compile(cls: type[Record]) -> _Codec:
    hints = typing.get_type_hints(cls)
    loads = []
    dumps = []
    names = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        kind, optional = _optional(hints[field.name])
        if kind is bytes:
            continue
        names.append(field.name)
        if field.metadata.get("flat"):
            load, dump = _flat(field.name, kind)
        elif kind is Fraction and hasattr(cls, f"{field.name}_seconds"):
            load, dump = _moment(field.name, optional)
        else:
            load, dump = _value(field, kind, optional)
        loads.append(load)
        dumps.append(dump)
    return _Codec(tuple(loads), tuple(dumps), cls, names[0] if names else "")


def _value(field: dataclasses.Field[Any], kind: Any, optional: bool) -> tuple[Any, Any]:
    name, key = field.name, field.name.rstrip("_")
    load_one, dump_one = _scalar(kind)
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    elif optional and default is dataclasses.MISSING:
        default = None

    def load(document: Mapping[str, Any], values: dict[str, Any]) -> None:
        value = document.get(key, _MISSING)
        if value is _MISSING:
            if default is dataclasses.MISSING:
                wrong = _WrongError("is missing")
                wrong.path.append("." + key)
                raise wrong
            values[name] = default
        elif value is None and optional:
            values[name] = None
        else:
            try:
                values[name] = load_one(value)
            except _WrongError as wrong:
                wrong.path.append("." + key)
                raise

    def dump(record: Any, document: dict[str, Any]) -> None:
        value = getattr(record, name)
        document[key] = None if value is None else dump_one(value)

    return load, dump


def _moment(name: str, optional: bool) -> tuple[Any, Any]:
    in_seconds = f"{name}_seconds"

    def load(document: Mapping[str, Any], values: dict[str, Any]) -> None:
        value = document.get(name)
        key = name
        try:
            if value is not None:
                values[name] = _load_fraction(value)
                return
            key = in_seconds
            value = document.get(in_seconds)
            if value is not None:
                values[name] = Fraction(round(_load_float(value) * 1_000_000), 1_000_000)
            elif optional:
                values[name] = None
            else:
                raise _WrongError("is missing")
        except _WrongError as wrong:
            wrong.path.append("." + key)
            raise

    def dump(record: Any, document: dict[str, Any]) -> None:
        value: Fraction | None = getattr(record, name)
        document[in_seconds] = getattr(record, in_seconds)
        document[name] = None if value is None else _dump_fraction(value)

    return load, dump


def _flat(name: str, kind: type[Record]) -> tuple[Any, Any]:
    codec = _codec(kind)

    def load(document: Mapping[str, Any], values: dict[str, Any]) -> None:
        values[name] = codec.load(document) if codec.first_key in document else None

    def dump(record: Any, document: dict[str, Any]) -> None:
        value = getattr(record, name)
        if value is not None:
            document.update(value.to_dict())

    return load, dump


def _optional(kind: Any) -> tuple[Any, bool]:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        others = [one for one in typing.get_args(kind) if one is not types.NoneType]
        assert len(others) == 1, f"a document cannot tell {kind} apart"
        return others[0], True
    return kind, False


def _scalar(kind: Any) -> tuple[_Load, _Dump]:
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _tuple(typing.get_args(kind))
    if origin is Literal:
        allowed = frozenset(typing.get_args(kind))

        def load_literal(value: Any) -> Any:
            if isinstance(value, (str, int)) and value in allowed:
                return value
            raise _WrongError(f"{value!r} is not one of {', '.join(sorted(map(str, allowed)))}")

        return load_literal, _same
    if isinstance(kind, type) and issubclass(kind, Record):
        codec = _codec(kind)
        return codec.load, lambda record: record.to_dict()
    return _SCALARS[kind]


def _tuple(kinds: tuple[Any, ...]) -> tuple[_Load, _Dump]:
    load_one, dump_one = _scalar(kinds[0])
    count = None if kinds[-1] is ... else len(kinds)

    def load(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise _WrongError(f"is {_words(value)} instead of a list")
        if count is not None and len(value) != count:
            raise _WrongError(f"has {len(value)} values instead of {count}")
        items = []
        for item in value:
            try:
                items.append(load_one(item))
            except _WrongError as wrong:
                wrong.path.append(f"[{len(items)}]")
                raise
        return tuple(items)

    return load, lambda items: [dump_one(item) for item in items]


def _same(value: Any) -> Any:
    return value


def _load_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _WrongError(f"is {_words(value)} instead of a text")


def _load_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _WrongError(f"is {_words(value)} instead of true or false")


def _load_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _WrongError(f"is {_words(value)} instead of a whole number")


def _load_float(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise _WrongError(f"is {_words(value)} instead of a number")


def _load_fraction(value: Any) -> Fraction:
    if not isinstance(value, Mapping):
        raise _WrongError(f"is {_words(value)} instead of a fraction {{num, den}}")
    den = _load_int(value.get("den"))
    if den < 1:
        raise _WrongError(f"has the denominator {den}")
    return Fraction(_load_int(value.get("num")), den)


def _dump_fraction(value: Fraction) -> dict[str, int]:
    return {"num": value.numerator, "den": value.denominator}


_SCALARS: dict[Any, tuple[_Load, _Dump]] = {
    str: (_load_str, _same),
    bool: (_load_bool, _same),
    int: (_load_int, _same),
    float: (_load_float, float),
    Fraction: (_load_fraction, _dump_fraction),
}

_WORDS: dict[type, str] = {
    type(None): "null",
    bool: "a truth value",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def _words(value: object) -> str:
    return _WORDS.get(type(value), type(value).__name__)

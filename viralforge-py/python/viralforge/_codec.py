"""How a record stands in JSON: worked out once for each class, from the types of its fields.

A `Fraction` is `{num, den}`; where the class also has a property of that name with `_seconds` behind it, that number
stands beside it. Fields of type `bytes` are not part of the document. A field with metadata `FLAT` puts its own fields
into the document. An underscore at the end of a name, which keeps it from being a word of Python, is not part of the
key.

Reading is compiled, as `dataclasses` does it: a report crosses with every call, and calls must cost next to nothing.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

from ._errors import InvalidOptionError
from ._frozen import Frozen

FLAT: Final = {"flat": True}

_Load: TypeAlias = Callable[[Any], Any]
_Dump: TypeAlias = Callable[[Any], Any]


class WrongError(Exception):
    """A document is not what its class says; gathers the path to the place on its way up."""

    def __init__(self, problem: str, *path: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = list(path)

    def where(self) -> str:
        """The place, such as `scenes[3].start`."""
        return "".join(reversed(self.path)).lstrip(".") or "document"


@dataclasses.dataclass(frozen=True, slots=True)
class Codec:
    """Reads and writes one class."""

    load: _Load
    dump: _Dump
    first_key: str


_CODECS: dict[type, Codec] = {}


def codec(cls: type) -> Codec:
    """The codec of a record class."""
    known = _CODECS.get(cls)
    if known is None:
        known = _CODECS[cls] = _compile(cls)
    return known


def _compile(cls: type) -> Codec:
    """Writes a function with a line or two for each field. Names come from the class, values never do."""
    hints = typing.get_type_hints(cls)
    scope: dict[str, Any] = {"cls": cls, "new": object.__new__, "Mapping": Mapping, "wrong_kind": _wrong_kind}
    lines: list[str] = []
    dumps: list[Callable[[Any, dict[str, Any]], None]] = []
    keys: list[str] = []
    for field in dataclasses.fields(cls):
        name, key = field.name, field.name.rstrip("_")
        kind, optional = _optional(hints[name])
        # A frozen class sets its fields through the long way round; the slot itself is the short one.
        scope[f"set_{name}"] = getattr(cls, name).__set__
        if kind is bytes:
            scope[f"default_{name}"] = field.default
            lines.append(f"set_{name}(self, default_{name})")
            continue
        keys.append(key)
        if field.metadata.get("flat"):
            inner = codec(kind)
            scope[f"load_{name}"] = inner.load
            lines.append(f"set_{name}(self, load_{name}(document) if {inner.first_key!r} in document else None)")
            dumps.append(_dump_flat(name, inner.dump))
        elif kind is Fraction and hasattr(cls, f"{name}_seconds"):
            scope[f"load_{name}"] = _load_moment(key, optional)
            lines.append(f"set_{name}(self, load_{name}(document))")
            dumps.append(_dump_moment(name))
        else:
            load, dump = _value(kind)
            scope[f"fix_{name}"] = _fix(key, load, optional, _default(field))
            lines.append(f"value = get({key!r}, fix_{name})")
            # What is of the very type goes straight in; everything else is looked at more closely.
            exact = f"value if type(value) is {kind.__name__} else " if kind in (str, bool, int, float) else ""
            lines.append(f"set_{name}(self, {exact}fix_{name}(value))")
            dumps.append(_dump_value(name, key, dump))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    source = [
        "def load(document):",
        "    if type(document) is not dict and not isinstance(document, Mapping):",
        "        raise wrong_kind(document, 'an object')",
        "    get = document.get",
        "    self = new(cls)",
        *(f"    {line}" for line in lines),
        "    return self",
    ]
    exec("\n".join(source), scope)

    def dump_all(record: Any) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for dump in dumps:
            dump(record, document)
        return document

    load = _with_invariants(scope["load"]) if hasattr(cls, "__post_init__") else scope["load"]
    return Codec(load, dump_all, keys[0] if keys else "")


def _with_invariants(load: _Load) -> _Load:
    def checked(document: Any) -> Any:
        try:
            return load(document)
        except InvalidOptionError as problem:
            raise WrongError(str(problem).removeprefix(f"{problem.option} "), f".{problem.option}") from None

    return checked


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _fix(key: str, load: _Load, optional: bool, default: Any) -> _Load:
    """Reads a value that is not simply of its type. Given itself, it says that there was none."""
    if optional and default is dataclasses.MISSING:
        default = None

    def fix(value: Any) -> Any:
        if value is None and optional:
            return None
        if value is fix:
            if default is dataclasses.MISSING:
                raise WrongError("is missing", f".{key}")
            return default
        try:
            return load(value)
        except WrongError as wrong:
            wrong.path.append(f".{key}")
            raise

    return fix


def _load_moment(key: str, optional: bool) -> _Load:
    in_seconds = f"{key}_seconds"

    def load(document: Mapping[str, Any]) -> Fraction | None:
        value = document.get(key)
        place = key
        try:
            if value is not None:
                return _load_fraction(value)
            place = in_seconds
            value = document.get(in_seconds)
            if value is not None:
                return Fraction(round(_load_float(value) * 1_000_000), 1_000_000)
            if optional:
                return None
            raise WrongError("is missing")
        except WrongError as wrong:
            wrong.path.append(f".{place}")
            raise

    return load


def _dump_moment(name: str) -> Callable[[Any, dict[str, Any]], None]:
    def dump(record: Any, document: dict[str, Any]) -> None:
        value: Fraction | None = getattr(record, name)
        document[f"{name}_seconds"] = getattr(record, f"{name}_seconds")
        document[name] = None if value is None else _dump_fraction(value)

    return dump


def _dump_flat(name: str, dump_inner: _Dump) -> Callable[[Any, dict[str, Any]], None]:
    def dump(record: Any, document: dict[str, Any]) -> None:
        value = getattr(record, name)
        if value is not None:
            document.update(dump_inner(value))

    return dump


def _dump_value(name: str, key: str, dump_one: _Dump) -> Callable[[Any, dict[str, Any]], None]:
    def dump(record: Any, document: dict[str, Any]) -> None:
        value = getattr(record, name)
        document[key] = None if value is None else dump_one(value)

    return dump


def _optional(kind: Any) -> tuple[Any, bool]:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        others = [one for one in typing.get_args(kind) if one is not types.NoneType]
        assert len(others) == 1, f"a document cannot tell {kind} apart"
        return others[0], True
    return kind, False


def _value(kind: Any) -> tuple[_Load, _Dump]:
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _items(typing.get_args(kind))
    if origin is Literal:
        return _literal(typing.get_args(kind)), _same
    if dataclasses.is_dataclass(kind):
        inner = codec(typing.cast(type, kind))
        return inner.load, inner.dump
    if issubclass(kind, Frozen):
        return _frozen(kind)
    return _SCALARS[kind]


def _frozen(kind: Any) -> tuple[_Load, _Dump]:
    """A class that reads and writes itself."""
    load = _with_invariants(kind.from_dict)

    def checked(value: Any) -> Any:
        return load(value) if isinstance(value, Mapping) else _refuse(value, "an object")

    return checked, kind.to_dict


def _literal(values: tuple[Any, ...]) -> _Load:
    known = frozenset(values)

    def load(value: Any) -> Any:
        if isinstance(value, (str, int)) and value in known:
            return value
        raise WrongError(f"{value!r} is not one of {', '.join(map(str, values))}")

    return load


def _items(kinds: tuple[Any, ...]) -> tuple[_Load, _Dump]:
    load_one, dump_one = _value(kinds[0])
    count = None if kinds[-1] is ... else len(kinds)

    def load(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise _wrong_kind(value, "a list")
        if count is not None and len(value) != count:
            raise WrongError(f"has {len(value)} values instead of {count}")
        items: list[Any] = []
        try:
            for item in value:
                items.append(load_one(item))
        except WrongError as wrong:
            wrong.path.append(f"[{len(items)}]")
            raise
        return tuple(items)

    return load, lambda items: [dump_one(item) for item in items]


def _same(value: Any) -> Any:
    return value


def _load_str(value: Any) -> str:
    return value if isinstance(value, str) else _refuse(value, "a text")


def _load_bool(value: Any) -> bool:
    return value if isinstance(value, bool) else _refuse(value, "true or false")


def _load_int(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(value, "a whole number")


def _load_float(value: Any) -> float:
    return (
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else _refuse(value, "a number")
    )


def _load_fraction(value: Any) -> Fraction:
    if type(value) is not dict and not isinstance(value, Mapping):
        _refuse(value, "a fraction {num, den}")
    num, den = _load_int(value.get("num")), _load_int(value.get("den"))
    if den < 1:
        raise WrongError(f"has the denominator {den}")
    return Fraction(num, den)


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


def _refuse(value: object, wanted: str) -> typing.NoReturn:
    raise _wrong_kind(value, wanted)


def _wrong_kind(value: object, wanted: str) -> WrongError:
    return WrongError(f"is {_WORDS.get(type(value), type(value).__name__)} instead of {wanted}")

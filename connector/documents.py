"""Reads YAML documents that people write, and says where in them a mistake is: file, line, column, path.

YAML 1.2 (`NO` stays text, `12:30:45` stays text). Knows nothing of what the documents mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from connector.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)

MAX_BYTES = 2_000_000
"""A document larger than this is a mistake or an attack."""

MAX_NODES = 200_000
"""Values in a document after its aliases are unfolded; the longest shipped one has a few thousand."""


def parse_yaml(text: str, *, source: str) -> Any:
    """The plain value of a YAML text. Raises ConfigError with line and column when it is malformed."""
    if len(text.encode()) > MAX_BYTES:
        raise ConfigError([f"{source}: larger than {MAX_BYTES} bytes"])
    reader = YAML(typ="rt")
    reader.allow_duplicate_keys = False
    try:
        return reader.load(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError([f"{source}{place}: {exc.problem or 'not valid YAML'}"]) from exc
    except YAMLError as exc:
        raise ConfigError([f"{source}: not valid YAML"]) from exc


def read_yaml(path: Path) -> Any:
    """The plain value of a YAML file in UTF-8. Raises ConfigError when it is missing, unreadable or malformed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ConfigError([f"{path}: cannot be read ({exc.strerror})"]) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError([f"{path}: is not UTF-8 (byte {exc.start})"]) from exc
    return parse_yaml(text, source=str(path))


def validated(model: type[Model], document: Any, *, source: str) -> Model:
    """The document as `model`. Raises ConfigError naming every problem with its path and, where known, its line."""
    if not isinstance(document, Mapping):
        raise ConfigError([f"{source}: a mapping of keys is expected at the top"])
    try:
        return model.model_validate(plain(document))
    except ValidationError as exc:
        raise ConfigError([_sentence(source, document, error) for error in exc.errors()]) from exc


def place_of(document: Any, path: Sequence[str | int]) -> str:
    """`, line 3, column 5` of the nearest node on `path` that a round-trip document can place, else empty."""
    node, place = document, ""
    for part in path:
        marks = getattr(node, "lc", None)
        try:
            mark = (
                marks.key(part)
                if isinstance(node, Mapping) and marks
                else marks.item(part)
                if marks
                else None
            )
            place = f", line {mark[0] + 1}, column {mark[1] + 1}" if mark else place
            node = node[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return place


_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def located(problem: str, document: Any, *, source: str) -> str:
    """A sentence that begins with its path (`rows[3].when: ...`), with file, line and column before it."""
    path = problem.partition(": ")[0]
    parts = [int(nth) if nth else name for nth, name in _STEP.findall(path)]
    return f"{source}{place_of(document, parts)}: {problem}"


def plain(node: Any) -> Any:
    """The same value in built-in types, so that no reader's own classes travel on. Raises ConfigError when it unfolds to
    more than MAX_NODES values: a few lines of aliases can stand for billions."""
    return _plain(node, count(1))


def _plain(node: Any, counter: Iterator[int]) -> Any:
    if next(counter) > MAX_NODES:
        raise ConfigError(
            [f"the document unfolds to more than {MAX_NODES} values: do without nested aliases"]
        )
    if isinstance(node, Mapping):
        return {str(key): _plain(value, counter) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(value, counter) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _sentence(source: str, document: Any, error: Any) -> str:
    path = [part for part in error["loc"] if not (isinstance(part, str) and part.startswith("function-"))]
    dotted = ".".join(str(part) for part in path) or "(top)"
    return f"{source}{place_of(document, path)}: {dotted}: {error['msg']}"

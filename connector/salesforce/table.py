"""Rows as CSV gives them: the names once, and values by place. A mapping is made of a row only for whoever asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload


class Table(Sequence[Mapping[str, Any]]):
    """A page of bulk results. As a sequence it gives mappings, like a page of REST; `rows` are the bare values in the order
    of `names`, a fifth of the cost for a first load that only passes them on."""

    def __init__(self, names: tuple[str, ...], rows: list[list[str]]) -> None:
        self.names = names
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> Table: ...
    def __getitem__(self, at: int | slice) -> Mapping[str, Any] | Table:
        if isinstance(at, slice):
            return Table(self.names, self.rows[at])
        return dict(zip(self.names, self.rows[at], strict=True))

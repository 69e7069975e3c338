"""How writes are put into batches, whatever the vendor: vendors refuse a batch that names one record twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.ports import Write

Numbered = tuple[int, Write]
"""A write with its place in what the caller gave."""


def batches(writes: Sequence[Write], size: int) -> Iterator[list[Numbered]]:
    """At most `size` writes each, no record twice in one batch, several writes of one record in their order."""
    waiting = list(enumerate(writes))
    while waiting:
        taken: dict[str, Numbered] = {}
        later: list[Numbered] = []
        for number, write in waiting:
            if write.id in taken or len(taken) == size:
                later.append((number, write))
            else:
                taken[write.id] = (number, write)
        yield list(taken.values())
        waiting = later

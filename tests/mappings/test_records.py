"""Record keys are written and read back whole."""

from __future__ import annotations

import pytest

from mappings.records import RecordKey


def test_a_key_is_written_and_read_back_with_colons_in_its_id() -> None:
    key = RecordKey("portal", "contacts", "1:2")
    assert str(key) == "portal:contacts:1:2"
    assert RecordKey.parse(str(key)) == key


@pytest.mark.parametrize("text", ["portal:contacts", "portal::1", ""])
def test_half_a_key_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="connection:object:id"):
        RecordKey.parse(text)

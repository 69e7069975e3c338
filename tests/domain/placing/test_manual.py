"""The examples of docs/matrix-and-signals.md are documents that work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.domain.matrix import MatrixConfig, check_matrix
from connector.domain.playbook import PlaybookConfig, check_playbook
from connector.domain.signals import SignalsConfig, check_signals
from tests.domain.placing.documents import matrix_config, read

MANUAL = Path(__file__).parents[3] / "docs" / "matrix-and-signals.md"
EXAMPLES = [
    YAML(typ="safe", pure=True).load(block)
    for block in re.findall(r"```yaml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), flags=re.DOTALL)
]


@pytest.mark.parametrize("example", EXAMPLES, ids="-".join)
def test_an_example_of_the_manual_is_a_document_without_problems(example: dict[str, Any]) -> None:
    if "rows" in example:
        whole = example if "format" in example else {**read("matrix"), **example}
        assert check_matrix(MatrixConfig.model_validate(whole)) == []
    elif "cells" in example:
        assert check_playbook(PlaybookConfig.model_validate(example), matrix_config()) == []
    else:
        config = SignalsConfig.model_validate(
            {**read("signals"), **example, "alerts": example.get("alerts", [])}
        )
        assert check_signals(config, matrix_config()) == []


def test_the_manual_has_its_examples() -> None:
    assert len(EXAMPLES) == 7

"""The shipped documents, read from their files, and what tests place with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connector.domain.matrix import Matrix, MatrixConfig, compile_matrix
from connector.domain.playbook import PlaybookConfig
from connector.domain.signals import Signals, SignalsConfig, compile_signals

DEFAULTS = Path(__file__).parents[3] / "mappings" / "defaults"


def read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((DEFAULTS / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def matrix_config() -> MatrixConfig:
    return MatrixConfig.model_validate(read("matrix"))


@cache
def matrix() -> Matrix:
    return compile_matrix(matrix_config())


@cache
def signals_config() -> SignalsConfig:
    return SignalsConfig.model_validate(read("signals"))


@cache
def signals() -> Signals:
    return compile_signals(signals_config(), matrix_config())


@cache
def playbook() -> PlaybookConfig:
    return PlaybookConfig.model_validate(read("playbook"))

"""Measurements of what must be quick. `python -m benchmarks.pull` and its neighbours; figures stand in README.md."""

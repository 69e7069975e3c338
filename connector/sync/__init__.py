"""The steps of a round, one module each: pull, match, decide, plan, deliver."""

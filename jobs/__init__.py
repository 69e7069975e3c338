"""When things run: APScheduler is the clock, each job a plain function."""

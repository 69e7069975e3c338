"""The command line and composition root: joins settings, store, adapters, jobs and web into one process."""

"""Questions asked of the store: rows out, no rendering."""

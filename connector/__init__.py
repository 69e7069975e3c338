"""The connector: its domain rules, the remote systems it speaks to, its store and its sync steps."""

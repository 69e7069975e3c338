"""What Baton remembers. SQL stops here: one module per thing stored."""

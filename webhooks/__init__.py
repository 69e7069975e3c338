"""Who may tell us or ask us: receivers, the JSON API and pages. Flask stops here."""

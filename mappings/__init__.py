"""What a fact is called on each side: our records, field maps, transforms and choices. Pure."""

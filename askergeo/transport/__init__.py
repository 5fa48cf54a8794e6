"""Transport: zones on both sides of the nullvekstlinje, access, trips, growth and measures."""

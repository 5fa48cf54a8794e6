"""Plans as they are handed in: the objects of a plan file, and what is wrong with its form."""

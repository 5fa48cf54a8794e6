"""How many live in each area, by single year of age, and how many will."""

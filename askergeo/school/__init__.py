"""Schools: their places, their pupils, the way to them and the districts that they take."""

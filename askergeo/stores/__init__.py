"""Where a data package lives: its files, its lock, and the two formats that hold its layers."""

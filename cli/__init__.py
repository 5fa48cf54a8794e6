"""The command line ``askergeo``: parses, calls one function, writes, sets the exit code."""

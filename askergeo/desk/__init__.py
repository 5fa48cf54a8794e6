"""The local desk: the analyses in a browser, for planners who never use a command line.

A small web application on this machine alone. It runs the command line's own verbs and shows what
they write; it never calculates anything itself.
"""

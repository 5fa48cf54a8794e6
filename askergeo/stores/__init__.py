"""Where a data package lives: the files on disk and how they are written safely."""

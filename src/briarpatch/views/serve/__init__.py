"""`briarpatch serve`: the page over the runs in a folder, for this machine alone unless told otherwise."""

"""Results in, words and pictures out: what is shown to a reader is made here, and nothing below knows of it."""

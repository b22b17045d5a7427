"""The equations of each mechanism, as small pure functions: what the systems compute with, and the oracles test."""

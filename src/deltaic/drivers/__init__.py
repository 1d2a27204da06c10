"""Clouds behind the port: one folder per cloud, the same file names in each; `registry` finds them by name."""

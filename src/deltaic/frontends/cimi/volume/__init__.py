"""Volumes and what they are made from."""

"""Machines, what they are made of, and what belongs to them."""

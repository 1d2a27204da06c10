"""The two representations of the API, derived from one type table."""

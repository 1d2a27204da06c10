"""Durable operations: flows that outlive a request and survive the death of the process."""

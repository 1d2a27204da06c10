"""What the provider writes down: jobs, meters, event logs."""

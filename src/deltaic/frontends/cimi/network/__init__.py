"""Networks, ports and addresses."""

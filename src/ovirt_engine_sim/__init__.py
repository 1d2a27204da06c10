"""A simulator of the oVirt Engine 4.5 REST API v4, faithful enough for the official SDK and Ansible."""

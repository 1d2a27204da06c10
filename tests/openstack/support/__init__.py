"""What the tests against OpenStack share."""

"""The OpenStack driver without a cloud: recorded answers, and a server that says what a test tells it."""

"""What drivers that speak HTTP share: session, TLS, redaction, caches with one call in flight per key."""

"""The neutral vocabulary that every room shares: one noun per file, msgspec Structs, no I/O."""

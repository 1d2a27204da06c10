"""HTTP faces: route, authenticate, decode, call a service, encode."""

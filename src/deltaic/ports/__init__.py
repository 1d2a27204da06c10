"""What services and flows need from the outside: the store's and the durable operations' protocols."""

"""Records that no engine can hold, in SQLite or PostgreSQL.

`store.SqlStore` implements `deltaic.ports.store.Store`; `sealing` guards what is secret in it;
`key_file` says where the sealing keys come from; `rotation` exchanges them.
"""

"""DMTF CIMI 1.1 as bytes and documents: no sockets, no store, one table of resources behind all of it.

A document is a dict with the attributes' names of the table as keys: texts, ints, bools, aware datetimes,
`{"href": ...}` for references and collections (expanded: the attributes beside it, a collection's items under
`items`), `properties` a dict, `operations` a list of `{"rel": ..., "href": ...}`.
"""

"""The resources of CIMI 1.1 as data, one file per family, attributes in the order of the schema."""

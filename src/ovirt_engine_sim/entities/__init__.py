"""The services: one small file per kind of entity. `registry` knows them all."""

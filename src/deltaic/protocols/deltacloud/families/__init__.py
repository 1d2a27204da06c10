"""The resources, a family in each file: what a document holds, and how XML and JSON write it."""

"""Systems: groups of resources made, started and stopped as one."""

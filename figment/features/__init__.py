"""The places: one folder each, all with the same shelves. They do not know each other."""

"""The database's history, one step a file. Steps that have shipped never change."""

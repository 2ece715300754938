"""Runs over a whole list of filed apps: the list, and later the night and its ledger."""

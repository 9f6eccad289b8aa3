"""People and their sessions: who somebody is. What they may do is decided where it is done, until one function decides it for all."""

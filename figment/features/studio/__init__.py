"""Studio, the front door: a prompt becomes a picture, and everything that one made is found again."""

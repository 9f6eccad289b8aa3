"""Images as assets: files named by their content, recipes that say how each was made, and the sizes derived from them."""

"""The world that the built-in model learns: pictures drawn by rule, each with a description and captions."""

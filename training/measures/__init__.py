"""Figures of what a model makes, as pure functions of arrays: the benchmark, the training's last stage and the tests call the same ones."""

"""Figment: a self-hosted studio for images that do not exist."""

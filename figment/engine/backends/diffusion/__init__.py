"""Diffusers models on torch: any family whose denoiser can be called for one step shares its batch; other pipelines run whole."""

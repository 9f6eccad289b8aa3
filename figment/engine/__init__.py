"""The engine: one batch for everybody, re-formed at every denoising step.

`schedule.py` chooses who runs next, `runner.py` runs it on one device, `local.py` speaks to asyncio callers through the contract in
`figment.generation.contract`. Device libraries live in `backends/` only.
"""

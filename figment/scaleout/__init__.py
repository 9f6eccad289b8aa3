"""The engine on many machines: replicas of `LocalEngine` in Ray Serve, behind the same `ImageWorker`. `opening` is the only door."""

"""The OpenAI Images API on this server: programs written for the official client make their pictures here, with a token of ours."""

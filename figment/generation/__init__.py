"""The only meeting point of places and engines: what is asked (`contract`), and durable jobs that see it through."""

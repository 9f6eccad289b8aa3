"""What every room stands on: settings, database, storage, events, HTTP, limits, errors, telemetry. No domain words here."""

"""What an API token may do and until when, models that are loaded while the server runs, and a fairer limiter.

Revision: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_SCRIPT = """
-- A token of before could do everything, and still may; one that is made from now on says what.
ALTER TABLE api_tokens ADD COLUMN scopes text[] NOT NULL DEFAULT '{images:write,images:read,models:read,models:write}';
ALTER TABLE api_tokens ALTER COLUMN scopes DROP DEFAULT;
ALTER TABLE api_tokens ADD COLUMN expires_at timestamptz;
CREATE INDEX api_tokens_person ON api_tokens (person);

-- Loads of models, one at a time, and the models that they brought: the last one chosen is the default.
CREATE TABLE model_loads (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    model text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    stage text,
    bytes_fetched bigint NOT NULL DEFAULT 0,
    queue_id bigint NOT NULL,
    error_code text,
    error_detail text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX model_loads_one_at_a_time ON model_loads ((true)) WHERE state IN ('queued', 'running');
CREATE TABLE models (
    name text PRIMARY KEY,
    card jsonb NOT NULL,
    chosen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The time is asked after the keys are locked: who waited for the lock would reckon with a moment before that of those who went first, and
-- be refused the last of a burst.
CREATE OR REPLACE FUNCTION spend_rates(_keys text[], _cost_s double precision, _burst_s double precision) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
    now_ timestamptz;
    wait_s double precision;
BEGIN
    INSERT INTO rate_limits AS r (key, full_at) SELECT k, clock_timestamp() FROM unnest(_keys) AS k ORDER BY k
    ON CONFLICT (key) DO UPDATE SET full_at = greatest(r.full_at, clock_timestamp());
    now_ := clock_timestamp();
    SELECT max(extract(epoch FROM full_at - now_)) + _cost_s - _burst_s INTO wait_s FROM rate_limits WHERE key = ANY(_keys);
    IF wait_s > 1e-6 THEN
        RETURN wait_s;
    END IF;
    UPDATE rate_limits SET full_at = full_at + make_interval(secs => _cost_s) WHERE key = ANY(_keys);
    RETURN 0;
END $$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

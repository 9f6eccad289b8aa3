"""Several rates in one round trip, who was let in by an administrator, and an appeal for each who has the file.

Revision: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_SCRIPT = """
-- As `spend_rates` of before, where every key has a rate of its own: it is given the seconds that its cost takes to come back, and those that
-- its whole burst takes. `short` is the key that must wait longest, `wait_s` for how long; 0 where all were spent from.
-- `spend_rates` goes with a later release: processes of before still ask it.
CREATE FUNCTION spend_charges(
    _keys text[], _costs_s double precision[], _bursts_s double precision[], OUT short text, OUT wait_s double precision
) LANGUAGE plpgsql AS $$
DECLARE
    now_ timestamptz;
BEGIN
    INSERT INTO rate_limits AS r (key, full_at) SELECT k, clock_timestamp() FROM unnest(_keys) AS k ORDER BY k
    ON CONFLICT (key) DO UPDATE SET full_at = greatest(r.full_at, clock_timestamp());
    now_ := clock_timestamp();
    SELECT r.key, extract(epoch FROM r.full_at - now_) + c.cost_s - c.burst_s INTO short, wait_s
    FROM unnest(_keys, _costs_s, _bursts_s) AS c (key, cost_s, burst_s) JOIN rate_limits r USING (key) ORDER BY 2 DESC LIMIT 1;
    IF wait_s > 1e-6 THEN
        RETURN;
    END IF;
    UPDATE rate_limits r SET full_at = r.full_at + make_interval(secs => c.cost_s)
    FROM unnest(_keys, _costs_s) AS c (key, cost_s) WHERE r.key = c.key;
    wait_s := 0;
END $$;

-- Whether an administrator made, invited or let in this account: then it has no newcomer's limits.
ALTER TABLE people ADD COLUMN vouched boolean NOT NULL DEFAULT false;
UPDATE people SET vouched = true
WHERE invite IS NOT NULL OR id IN (SELECT subject FROM audit_log WHERE action IN ('person.made', 'person.waiting'));

-- A picture is decided about once, and whoever has the file may appeal: each once. `owner` of an appeal is who appeals.
ALTER TABLE cases DROP CONSTRAINT cases_appeal_of_key;
ALTER TABLE cases ADD CONSTRAINT cases_one_appeal_each UNIQUE (appeal_of, owner);
CREATE INDEX cases_file ON cases (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX blobs_withheld ON blobs (sha256) WHERE state <> 'approved';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

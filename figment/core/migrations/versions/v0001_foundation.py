"""The foundation: people, images, jobs, events, limits, Studio's history.

Revision: 0001
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

# PostgreSQL 18 has uuidv7(); on an older external server the same layout (RFC 9562, section 5.7) comes from here.
_UUIDV7 = """
DO $$ BEGIN
    IF current_setting('server_version_num')::int < 180000 THEN
        CREATE OR REPLACE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE AS $f$
            SELECT encode(set_byte(
                overlay(uuid_send(gen_random_uuid()) PLACING
                    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
                6, (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112), 'hex')::uuid
        $f$;
    END IF;
END $$;
"""

_TABLES = """
CREATE TABLE people (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL,
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'admin')),
    guest boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    device text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);
CREATE TABLE api_tokens (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    token_hash bytea NOT NULL UNIQUE,
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE TABLE admin_claims (
    token_hash bytea PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A file in object storage, written here before it is written there: what no image names and nobody touched lately is swept.
CREATE TABLE blobs (
    sha256 text PRIMARY KEY,
    mime text NOT NULL,
    bytes bigint NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE derivatives (
    sha256 text NOT NULL REFERENCES blobs ON DELETE CASCADE,
    variant text NOT NULL,
    PRIMARY KEY (sha256, variant)
);
CREATE TABLE images (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    sha256 text NOT NULL REFERENCES blobs,
    width integer NOT NULL,
    height integer NOT NULL,
    alt text NOT NULL DEFAULT '',
    recipe jsonb,
    recipe_key text,
    parent uuid REFERENCES images ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX images_owner ON images (owner, id DESC);
CREATE INDEX images_blob ON images (sha256);
CREATE INDEX images_recipe ON images (recipe_key) WHERE recipe_key IS NOT NULL;
CREATE INDEX images_parent ON images (parent) WHERE parent IS NOT NULL;
CREATE TABLE uploads (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    key text NOT NULL,
    content_type text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE jobs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    place text NOT NULL,
    ref uuid NOT NULL,
    position integer NOT NULL DEFAULT 0,
    urgency smallint NOT NULL,
    request jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt integer NOT NULL DEFAULT 0,
    fence integer NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    queue_id bigint,
    image uuid REFERENCES images ON DELETE CASCADE,
    error_code text,
    error_detail text,
    error_retryable boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX jobs_ref ON jobs (place, ref, position);
CREATE INDEX jobs_unfinished ON jobs (owner) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_image ON jobs (image) WHERE image IS NOT NULL;
CREATE UNIQUE INDEX jobs_queue ON jobs (queue_id) WHERE queue_id IS NOT NULL;

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    subject uuid,
    type text NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_topic ON events (topic, id);
CREATE INDEX events_subject ON events (subject, id) WHERE subject IS NOT NULL;
CREATE INDEX events_age ON events (created_at);

-- One round trip to tell of something. The lock makes ids become visible in their order: it is taken before the first id is drawn
-- and held to the commit, so that a reader at id N never misses an N-1 that commits later. The notification carries nothing.
CREATE FUNCTION publish_events(topics text[], subjects uuid[], types text[], data jsonb[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1179207493);
    INSERT INTO events (topic, subject, type, data)
    SELECT e.topic, e.subject, e.type, e.data
    FROM unnest(topics, subjects, types, publish_events.data) WITH ORDINALITY AS e (topic, subject, type, data, n) ORDER BY e.n;
    PERFORM pg_notify('figment_events', '');
END $$;

-- Everything that submitting jobs writes, in one round trip: whether there is room, the queue's rows, the jobs' rows, the events.
-- Says how many were unfinished before; when that leaves no room, nothing is written. The rows of the queue come from procrastinate's
-- own function, so that its triggers and its version are kept.
CREATE FUNCTION submit_jobs(
    _owner uuid, _place text, _ref uuid, _urgency int, _created_at timestamptz, _ids uuid[], _requests jsonb[], _queue text, _task text, _priority int,
    _most int, _most_of_owner int, _topic text, _events jsonb[]
) RETURNS TABLE (everybody bigint, mine bigint, room boolean)
LANGUAGE plpgsql AS $$
DECLARE
    wanted int := cardinality(_ids);
    queue_ids bigint[];
BEGIN
    SELECT count(*), count(*) FILTER (WHERE j.owner = _owner) INTO everybody, mine
    FROM jobs j WHERE j.state IN ('queued', 'running');
    room := everybody + wanted <= _most AND mine + wanted <= _most_of_owner;
    IF room THEN
        queue_ids := procrastinate_defer_jobs_v1(ARRAY(
            SELECT ROW(_queue, _task, _priority, NULL, NULL, jsonb_build_object('job', id), NULL)::procrastinate_job_to_defer_v1
            FROM unnest(_ids) AS id));
        INSERT INTO jobs (id, queue_id, owner, place, ref, urgency, position, request, created_at)
        SELECT r.id, r.queue_id, _owner, _place, _ref, _urgency, r.n, r.request, _created_at
        FROM unnest(_ids, queue_ids, _requests) WITH ORDINALITY AS r (id, queue_id, request, n);
        PERFORM publish_events(array_fill(_topic, ARRAY[wanted]), _ids, array_fill('job'::text, ARRAY[wanted]), _events);
    END IF;
    RETURN NEXT;
END $$;

-- What progress of many jobs writes, in one round trip. A job is told of only while its fence is the one that was noted; FOR SHARE keeps
-- it from ending before that is told.
CREATE FUNCTION report_progress(_ids uuid[], _fences int[], _begun boolean[], _topics text[], _data jsonb[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    held uuid[];
BEGIN
    SELECT array_agg(h.id) INTO held FROM (
        SELECT j.id FROM jobs j JOIN unnest(_ids, _fences) AS n (id, fence) USING (id, fence)
        WHERE j.state IN ('queued', 'running') ORDER BY j.id FOR SHARE OF j) AS h;
    UPDATE jobs j SET state = 'running', started_at = now()
    FROM unnest(_ids, _begun) AS n (id, begun)
    WHERE j.id = n.id AND n.begun AND j.id = ANY(held) AND j.state = 'queued';
    PERFORM publish_events(array_agg(n.topic), array_agg(n.id), array_agg('job'::text), array_agg(n.data))
    FROM unnest(_ids, _topics, _data) AS n (id, topic, data) WHERE n.id = ANY(held) HAVING count(*) > 0;
END $$;

-- The generic cell rate algorithm for several keys at once: all are spent from, or none. `full_at` is its theoretical arrival time: when
-- the key will have its whole burst again. The first statement locks the keys, in one order for everybody. Returns the seconds to wait.
CREATE TABLE rate_limits (
    key text PRIMARY KEY,
    full_at timestamptz NOT NULL
);
CREATE INDEX rate_limits_age ON rate_limits (full_at);
CREATE FUNCTION spend_rates(_keys text[], _cost_s double precision, _burst_s double precision) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
    now_ timestamptz := clock_timestamp();
    wait_s double precision;
BEGIN
    INSERT INTO rate_limits AS r (key, full_at) SELECT k, now_ FROM unnest(_keys) AS k ORDER BY k
    ON CONFLICT (key) DO UPDATE SET full_at = greatest(r.full_at, now_);
    SELECT max(extract(epoch FROM full_at - now_)) + _cost_s - _burst_s INTO wait_s FROM rate_limits WHERE key = ANY(_keys);
    IF wait_s > 1e-6 THEN
        RETURN wait_s;
    END IF;
    UPDATE rate_limits SET full_at = full_at + make_interval(secs => _cost_s) WHERE key = ANY(_keys);
    RETURN 0;
END $$;

CREATE TABLE studio_generations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    prompt text NOT NULL,
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- What the history is filtered by, out of the settings.
    model text GENERATED ALWAYS AS (settings ->> 'model') STORED,
    width integer GENERATED ALWAYS AS (CAST(settings ->> 'width' AS integer)) STORED,
    height integer GENERATED ALWAYS AS (CAST(settings ->> 'height' AS integer)) STORED,
    from_image boolean GENERATED ALWAYS AS ((settings ->> 'init_image') IS NOT NULL) STORED
);
CREATE INDEX studio_generations_owner ON studio_generations (owner, id DESC);
CREATE INDEX studio_generations_model ON studio_generations (owner, model, id DESC);
CREATE INDEX studio_generations_size ON studio_generations (owner, width, height, id DESC);
CREATE INDEX studio_generations_from_image ON studio_generations (owner, id DESC) WHERE from_image;

-- Favourites, collections and archives of Studio. What is rare in a long history has an index of its own.
ALTER TABLE images ADD COLUMN favourite boolean NOT NULL DEFAULT false;
CREATE INDEX images_favourite ON images (owner, id) WHERE favourite;
CREATE INDEX jobs_ended_badly ON jobs (owner, place, ref) WHERE state IN ('failed', 'cancelled');
CREATE TABLE studio_collections (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    name text NOT NULL,
    -- The name as it is compared: PostgreSQL's lower() knows the letters of its locale only.
    name_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT studio_collections_name UNIQUE (owner, name_key)
);
CREATE TABLE studio_collection_images (
    collection uuid NOT NULL REFERENCES studio_collections ON DELETE CASCADE,
    image uuid NOT NULL REFERENCES images ON DELETE CASCADE,
    PRIMARY KEY (collection, image)
);
CREATE INDEX studio_collection_images_image ON studio_collection_images (image);
CREATE TABLE studio_archives (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    filename text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX studio_archives_age ON studio_archives (expires_at);
CREATE INDEX studio_archives_owner ON studio_archives (owner);
CREATE TABLE studio_archive_images (
    archive uuid NOT NULL REFERENCES studio_archives ON DELETE CASCADE,
    image uuid NOT NULL REFERENCES images ON DELETE CASCADE,
    PRIMARY KEY (archive, image)
);
CREATE INDEX studio_archive_images_image ON studio_archive_images (image);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in (_UUIDV7, SchemaManager.get_schema(), _TABLES):
        _run_script(statement)


def _run_script(script: str) -> None:
    """Several statements at once, which psycopg takes only without parameters."""
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))

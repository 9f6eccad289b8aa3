"""Worlds, what was painted in them, and which version each of their tiles has.

Revision: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_SCRIPT = """
-- `seq` counts the commits of a world; its row is the lock under which one commit follows the other.
CREATE TABLE atlas_worlds (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    owner uuid REFERENCES people ON DELETE SET NULL,
    prompt text NOT NULL DEFAULT '',
    model text,
    paint text NOT NULL DEFAULT 'everyone' CHECK (paint IN ('everyone', 'members', 'owner')),
    seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO atlas_worlds (slug, name) VALUES ('commons', 'The commons');

-- What somebody asks for in a frame of a world. `committed`: its `layer` (a file) lies over the tiles; `undone`: it is left out. A tile is what
-- the layers of the committed edits that touch it show, in the order of `seq`. What an edit made stays when its author goes.
CREATE TABLE atlas_edits (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    author uuid REFERENCES people ON DELETE SET NULL,
    x bigint NOT NULL,
    y bigint NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    prompt text NOT NULL,
    mask uuid REFERENCES images ON DELETE SET NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'committed', 'undone')),
    seq bigint,
    layer text,
    image uuid REFERENCES images ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    committed_at timestamptz,
    CHECK ((state = 'pending') = (seq IS NULL)),
    CHECK ((state = 'pending') = (layer IS NULL))
);
CREATE INDEX atlas_edits_world ON atlas_edits (world, id DESC);
CREATE INDEX atlas_edits_author ON atlas_edits (author) WHERE author IS NOT NULL;
CREATE UNIQUE INDEX atlas_edits_seq ON atlas_edits (world, seq);

-- Which tiles an edit touches: with its frame while it is pending, with what it made from then on.
CREATE TABLE atlas_touched (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    x bigint NOT NULL,
    y bigint NOT NULL,
    edit uuid NOT NULL REFERENCES atlas_edits ON DELETE CASCADE,
    PRIMARY KEY (world, x, y, edit)
);
CREATE INDEX atlas_touched_edit ON atlas_touched (edit);

-- Everything that changed tiles, in the order in which it did: painting, taking back, painting again.
CREATE TABLE atlas_commits (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    seq bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('paint', 'erase', 'undo', 'redo')),
    edit uuid NOT NULL REFERENCES atlas_edits ON DELETE CASCADE,
    by uuid REFERENCES people ON DELETE SET NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (world, seq)
);

-- The tiles as they are: `file` names the content, NULL is blank again. Zooms below 0 follow a moment later.
CREATE TABLE atlas_tiles (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    z smallint NOT NULL,
    x bigint NOT NULL,
    y bigint NOT NULL,
    file text,
    seq bigint NOT NULL,
    PRIMARY KEY (world, z, x, y)
);

-- Every version that a tile of zoom 0 ever had.
CREATE TABLE atlas_versions (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    x bigint NOT NULL,
    y bigint NOT NULL,
    seq bigint NOT NULL,
    file text,
    PRIMARY KEY (world, x, y, seq)
);

-- Tiles of zooms below 0 that show something old.
CREATE TABLE atlas_stale (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    z smallint NOT NULL,
    x bigint NOT NULL,
    y bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (world, z, x, y)
);
CREATE INDEX atlas_stale_order ON atlas_stale (z DESC, since);

-- Whoever looks at a world hears what becomes of the jobs in it, whichever way they end.
CREATE FUNCTION tell_of_atlas_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    world_ uuid;
BEGIN
    SELECT world INTO world_ FROM atlas_edits WHERE id = NEW.ref;
    IF FOUND THEN
        PERFORM publish_events(
            ARRAY['world:' || world_], ARRAY[NEW.ref], ARRAY['edit'], ARRAY[jsonb_build_object('edit', NEW.ref)]
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER atlas_job_changed AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.place = 'atlas' AND NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION tell_of_atlas_job();

-- -- Worlds and their people -------------------------------------------------------------------------------------------

-- `edits` counts those that are committed now. Whoever has the secret of which `invite_hash` is kept may become a member. A world that is
-- deleted is not found from then on, and its rows go a few at a time.
ALTER TABLE atlas_worlds
    ADD COLUMN edits bigint NOT NULL DEFAULT 0,
    ADD COLUMN invite_hash bytea UNIQUE,
    ADD COLUMN invite_expires_at timestamptz,
    ADD COLUMN deleted_at timestamptz;
CREATE INDEX atlas_worlds_owner ON atlas_worlds (owner) WHERE owner IS NOT NULL;
CREATE INDEX atlas_worlds_deleted ON atlas_worlds (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE TABLE atlas_members (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (world, person)
);
CREATE INDEX atlas_members_person ON atlas_members (person);

-- How far a world reaches: each side is one look into an index, however many tiles there are.
CREATE INDEX atlas_tiles_across ON atlas_tiles (world, x) WHERE z = 0 AND file IS NOT NULL AND seq > 0;
CREATE INDEX atlas_tiles_down ON atlas_tiles (world, y) WHERE z = 0 AND file IS NOT NULL AND seq > 0;

-- All that one person painted in a world before `created_at`, taken back at once and brought again at once. It is done in steps, each a
-- transaction; `look_at` is when the next is due.
CREATE TABLE atlas_rollbacks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    person uuid REFERENCES people ON DELETE SET NULL,
    by uuid REFERENCES people ON DELETE SET NULL,
    since timestamptz,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    created_at timestamptz NOT NULL DEFAULT now(),
    look_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX atlas_rollbacks_world ON atlas_rollbacks (world, id DESC);
CREATE INDEX atlas_rollbacks_due ON atlas_rollbacks (look_at) WHERE state IN ('running', 'undoing');
ALTER TABLE atlas_edits ADD COLUMN rollback uuid REFERENCES atlas_rollbacks ON DELETE SET NULL;
CREATE INDEX atlas_edits_rollback ON atlas_edits (rollback, seq) WHERE rollback IS NOT NULL;
CREATE INDEX atlas_edits_of_person ON atlas_edits (world, author, seq DESC) WHERE author IS NOT NULL;

-- -- How others' pictures come ------------------------------------------------------------------------------------------

-- As in 0001, of any topic: besides its owner, those hear of a job's progress who watch where it is painted. What is told after its end
-- would bring back what is over: to everybody it is told under the same condition.
DROP FUNCTION report_progress(uuid[], int[], boolean[], text[], jsonb[]);
CREATE FUNCTION report_progress(_ids uuid[], _fences int[], _begun boolean[], _topics text[], _subjects uuid[], _types text[], _data jsonb[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held uuid[];
BEGIN
    SELECT array_agg(h.id) INTO held FROM (
        SELECT j.id FROM jobs j JOIN (SELECT DISTINCT n.id, n.fence FROM unnest(_ids, _fences) AS n (id, fence)) AS n USING (id, fence)
        WHERE j.state IN ('queued', 'running') ORDER BY j.id FOR SHARE OF j) AS h;
    UPDATE jobs j SET state = 'running', started_at = now()
    FROM unnest(_ids, _begun) AS n (id, begun)
    WHERE j.id = n.id AND n.begun AND j.id = ANY(held) AND j.state = 'queued';
    PERFORM publish_events(array_agg(n.topic), array_agg(n.subject), array_agg(n.type), array_agg(n.data))
    FROM unnest(_ids, _topics, _subjects, _types, _data) AS n (id, topic, subject, type, data) WHERE n.id = ANY(held) HAVING count(*) > 0;
END $$;
-- An erasure's layer makes blank what lies below it, where it has alpha.
ALTER TABLE atlas_edits ADD kind text NOT NULL DEFAULT 'paint' CHECK (kind IN ('paint', 'erase'));

-- An edit with several candidates stays pending until its author has chosen one. `seq`: the last commit that this picture was made over.
ALTER TABLE atlas_edits ADD candidates smallint NOT NULL DEFAULT 1 CHECK (candidates BETWEEN 1 AND 4);
CREATE INDEX atlas_edits_unchosen ON atlas_edits (id) WHERE candidates > 1 AND state = 'pending';
CREATE TABLE atlas_candidates (
    edit uuid NOT NULL REFERENCES atlas_edits ON DELETE CASCADE,
    image uuid NOT NULL REFERENCES images ON DELETE CASCADE,
    seq bigint NOT NULL,
    PRIMARY KEY (edit, image)
);
-- Land that makes itself: a world with a `seed` has a ground under everything that people paint. `home`: where one arrives in it.
-- `ground`: what paints it (the rules' edition and the model's weights), since `ground_since`; NULL until its first tile.
ALTER TABLE atlas_worlds
    ADD COLUMN seed bigint CHECK (seed BETWEEN 0 AND 4294967295),
    ADD COLUMN home_x bigint,
    ADD COLUMN home_y bigint,
    ADD COLUMN ground text,
    ADD COLUMN ground_since timestamptz,
    ADD CHECK ((seed IS NULL) = (home_x IS NULL) AND (seed IS NULL) = (home_y IS NULL));
INSERT INTO atlas_worlds (slug, name, seed, home_x, home_y) VALUES ('terra', 'Terra incognita', 64, 3072, 5120);

-- What lies under the layers of a tile of a seeded world, painted when somebody first looked there. Every tile that has such a ground has a row
-- in atlas_tiles, and the other way round: no edit is laid where there is none.
CREATE TABLE atlas_ground (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    x bigint NOT NULL,
    y bigint NOT NULL,
    file text NOT NULL,
    PRIMARY KEY (world, x, y)
);

-- Ground that somebody looks at, or an edit waits for, and that is not painted yet. `held_until`: a worker has it in hand, or has failed at it and
-- leaves it alone so long.
CREATE TABLE atlas_ground_wanted (
    world uuid NOT NULL REFERENCES atlas_worlds ON DELETE CASCADE,
    x bigint NOT NULL,
    y bigint NOT NULL,
    needed boolean NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    looked_at timestamptz NOT NULL DEFAULT now(),
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    tries smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (world, x, y)
);
CREATE INDEX atlas_ground_wanted_order ON atlas_ground_wanted (needed DESC, asked_at);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

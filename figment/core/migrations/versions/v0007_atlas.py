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
    paint text NOT NULL DEFAULT 'everyone' CHECK (paint IN ('everyone', 'owner')),
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
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

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
    kind text NOT NULL CHECK (kind IN ('paint', 'undo', 'redo')),
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

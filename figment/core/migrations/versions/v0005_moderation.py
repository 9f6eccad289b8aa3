"""What is shared, what is held or refused and why, and who was told.

Revision: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_SCRIPT = """
-- Of the file, not of the image: an address leads to a file, so that two images of one file cannot be one shown and one hidden.
-- `hidden`: the file lies where no address leads. It follows `state` a moment later; where the two disagree, a file is to be moved.
ALTER TABLE blobs ADD COLUMN state text NOT NULL DEFAULT 'approved' CHECK (state IN ('approved', 'held', 'refused'));
ALTER TABLE blobs ADD COLUMN state_reason text;
ALTER TABLE blobs ADD COLUMN hidden boolean NOT NULL DEFAULT false;
CREATE INDEX blobs_to_move ON blobs (sha256) WHERE hidden <> (state <> 'approved');

ALTER TABLE images ADD COLUMN visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'link'));

ALTER TABLE people ADD COLUMN slowed_until timestamptz;
ALTER TABLE people ADD COLUMN muted_until timestamptz;

-- Something that a person has to look at, or that was decided. `owner`: whose picture or text it is. `image`, `sha256`: the picture, of
-- which only the name of its file may be left. `fields`, `text_hash`: the text. `weight`: how much speaks against it; the worst first.
CREATE TABLE cases (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('image', 'text')),
    origin text NOT NULL CHECK (origin IN ('reports', 'screening', 'appeal')),
    owner uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    image uuid REFERENCES images ON DELETE SET NULL,
    sha256 text,
    fields jsonb,
    text_hash bytea,
    category text NOT NULL,
    reason text NOT NULL,
    child_safety boolean NOT NULL DEFAULT false,
    weight real NOT NULL DEFAULT 0,
    claimed_by uuid REFERENCES people ON DELETE SET NULL,
    claimed_at timestamptz,
    decided_by uuid REFERENCES people ON DELETE SET NULL,
    decided_at timestamptz,
    decision text CHECK (decision IN ('approve', 'refuse')),
    words text NOT NULL DEFAULT '',
    blocked uuid REFERENCES blocked_hashes ON DELETE SET NULL,
    appeal_of uuid UNIQUE REFERENCES cases ON DELETE CASCADE,
    appeal_words text NOT NULL DEFAULT '',
    overturned boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
);
CREATE INDEX cases_open ON cases (child_safety DESC, weight DESC, created_at, id) WHERE decided_at IS NULL;
CREATE INDEX cases_decided ON cases (decided_at DESC, id) WHERE decided_at IS NOT NULL;
CREATE INDEX cases_owner ON cases (owner, id DESC);
CREATE INDEX cases_image ON cases (image) WHERE image IS NOT NULL;
-- One open case a picture, and one a person's text.
CREATE UNIQUE INDEX cases_picture ON cases (sha256) WHERE decided_at IS NULL AND appeal_of IS NULL;
CREATE UNIQUE INDEX cases_text ON cases (owner, text_hash) WHERE appeal_of IS NULL AND text_hash IS NOT NULL;

-- What people said against a picture: once each.
CREATE TABLE reports (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    case_id uuid NOT NULL REFERENCES cases ON DELETE CASCADE,
    image uuid REFERENCES images ON DELETE SET NULL,
    reporter uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    reason text NOT NULL,
    words text NOT NULL DEFAULT '',
    weight real NOT NULL,
    guest boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (reporter, image)
);
CREATE INDEX reports_case ON reports (case_id);

CREATE TABLE strikes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    case_id uuid REFERENCES cases ON DELETE SET NULL,
    weight real NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    lifted_at timestamptz
);
CREATE INDEX strikes_person ON strikes (person, created_at);
CREATE INDEX strikes_case ON strikes (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE notices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    case_id uuid REFERENCES cases ON DELETE SET NULL,
    kind text NOT NULL,
    words text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz
);
CREATE INDEX notices_person ON notices (person, id DESC);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

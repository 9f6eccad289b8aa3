"""What a picture is recognised by, which are not to be kept here, where a picture comes from, and whether its prompt is told.

Revision: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_SCRIPT = """
-- Of every file that is kept: the SHA-256 of its pixels, and PDQ, the hash of what they look like. Looked through as a whole: an
-- index over Hamming distances finds fewer than there are (decision 0018).
CREATE TABLE image_hashes (
    sha256 text PRIMARY KEY REFERENCES blobs ON DELETE CASCADE,
    pixels text NOT NULL,
    pdq bit(256) NOT NULL,
    quality smallint NOT NULL CHECK (quality BETWEEN 0 AND 100)
);
CREATE INDEX image_hashes_pixels ON image_hashes (pixels);

-- Pictures that are not kept here, nor anything that looks like them. The picture itself may be gone.
CREATE TABLE blocked_hashes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    pdq bit(256) NOT NULL,
    reason text NOT NULL,
    added_by uuid REFERENCES people ON DELETE SET NULL,
    from_image uuid REFERENCES images ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX blocked_hashes_added_by ON blocked_hashes (added_by) WHERE added_by IS NOT NULL;
CREATE INDEX blocked_hashes_from_image ON blocked_hashes (from_image) WHERE from_image IS NOT NULL;

-- Written when an image is kept, so that it stays true when what it was made from is deleted.
ALTER TABLE images ADD COLUMN origin text NOT NULL DEFAULT 'upload' CHECK (origin IN ('upload', 'made', 'composite'));
WITH RECURSIVE known (id, origin) AS (
    SELECT id, CASE WHEN recipe IS NULL THEN 'upload' ELSE 'made' END FROM images
    WHERE recipe IS NULL OR recipe #>> '{inputs,image}' IS NULL
    UNION ALL
    SELECT i.id, CASE k.origin WHEN 'made' THEN 'made' ELSE 'composite' END
    FROM known k JOIN images i ON i.parent = k.id AND i.recipe #>> '{inputs,image}' IS NOT NULL
)
-- What was made from a picture that is gone may have been made from an upload.
UPDATE images i SET origin = coalesce((SELECT k.origin FROM known k WHERE k.id = i.id), 'composite');

ALTER TABLE people ADD COLUMN prompt_in_files boolean NOT NULL DEFAULT true;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

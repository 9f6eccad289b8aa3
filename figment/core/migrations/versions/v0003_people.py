"""Ways to sign in, invitations, one-time links, and the record of what moderators and administrators did.

Revision: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_SCRIPT = """
-- The name that one signs in with, in lower case; guests have none. An account that waits for approval stays a guest until then.
ALTER TABLE people ADD COLUMN username text UNIQUE;
ALTER TABLE people ADD COLUMN waiting boolean NOT NULL DEFAULT false;
ALTER TABLE people ADD COLUMN suspended boolean NOT NULL DEFAULT false;
ALTER TABLE people ADD COLUMN email text;
ALTER TABLE people ADD COLUMN email_verified_at timestamptz;
-- Two may claim an address, one can prove it.
CREATE UNIQUE INDEX people_email ON people (lower(email)) WHERE email_verified_at IS NOT NULL;
CREATE INDEX people_waiting ON people (created_at) WHERE waiting;

-- `signed_in_at`: when whoever holds the session last proved who they are; a guest's never did.
ALTER TABLE sessions ADD COLUMN id uuid NOT NULL DEFAULT uuidv7();
ALTER TABLE sessions ADD COLUMN signed_in_at timestamptz;
CREATE UNIQUE INDEX sessions_id ON sessions (id);

CREATE TABLE passwords (
    person uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
    hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE passkeys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    credential bytea NOT NULL UNIQUE,
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] NOT NULL DEFAULT '{}',
    name text NOT NULL,
    synced boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE INDEX passkeys_person ON passkeys (person);
-- Who somebody is elsewhere (OpenID Connect Core, section 2: only issuer and subject together name a person; an address can change hands).
CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    provider text NOT NULL,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_person ON identities (person);

-- A sign-in that has begun and must end in the same browser, once: what was asked of a passkey or sent to a provider.
CREATE TABLE ceremonies (
    token_hash bytea PRIMARY KEY,
    kind text NOT NULL,
    person uuid REFERENCES people ON DELETE CASCADE,
    data jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ceremonies_age ON ceremonies (expires_at);
-- One-time links: to a new password, or to an address that is proved by opening it.
CREATE TABLE links (
    token_hash bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('reset', 'verify')),
    person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    email text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX links_person ON links (person, kind);
CREATE INDEX links_age ON links (expires_at);
CREATE TABLE invites (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    token_hash bytea NOT NULL UNIQUE,
    made_by uuid REFERENCES people ON DELETE SET NULL,
    note text NOT NULL DEFAULT '',
    uses_left integer NOT NULL CHECK (uses_left >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
);
ALTER TABLE people ADD COLUMN invite uuid REFERENCES invites ON DELETE SET NULL;

-- Names are kept beside the ids: the record outlives the accounts that it speaks of.
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    actor uuid REFERENCES people ON DELETE SET NULL,
    actor_name text NOT NULL,
    action text NOT NULL,
    subject uuid,
    subject_name text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_subject ON audit_log (subject, id DESC) WHERE subject IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_SCRIPT)

-- +goose Up

-- The objects' own file: nothing here decides about identities. Buckets are
-- rows of the other file; these say what is kept of their objects.
-- bytes and objects are what all versions and parts of the bucket come to.
CREATE TABLE bucket (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL UNIQUE,
    versioning TEXT    NOT NULL,
    quota      TEXT    NOT NULL, -- JSON; '' for the default
    bytes      BIGINT  NOT NULL DEFAULT 0,
    objects    BIGINT  NOT NULL DEFAULT 0
);

-- What each writer has in a bucket.
CREATE TABLE usage (
    bucket  BIGINT NOT NULL REFERENCES bucket (id) ON DELETE CASCADE,
    writer  TEXT   NOT NULL,
    bytes   BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    PRIMARY KEY (bucket, writer)
) WITHOUT ROWID;

CREATE TABLE sealing_key (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    sealed  BLOB    NOT NULL,
    created BIGINT  NOT NULL
);

-- A content is removed in the write that takes its last reference: a version,
-- a part or a segment. Its id is never used again, so that who read a row
-- never finds another content under it.
CREATE TABLE content (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    BLOB    NOT NULL, -- 16 random bytes
    kind    INTEGER NOT NULL, -- 0 in a file, 1 in a row of inline, 2 made of segments
    size    BIGINT  NOT NULL,
    sealing BIGINT  REFERENCES sealing_key (id), -- NULL when made of segments
    created BIGINT  NOT NULL
);
CREATE UNIQUE INDEX content_file ON content (name) WHERE kind = 0;

CREATE TABLE inline (
    content INTEGER PRIMARY KEY REFERENCES content (id) ON DELETE CASCADE,
    data    BLOB    NOT NULL -- sealed
);

-- The parts of a content, each a content that nothing else refers to: removing
-- it removes the segment.
CREATE TABLE segment (
    whole     BIGINT  NOT NULL REFERENCES content (id),
    number    INTEGER NOT NULL,
    start     BIGINT  NOT NULL, -- its first byte in the whole
    part      BIGINT  NOT NULL UNIQUE REFERENCES content (id) ON DELETE CASCADE,
    size      BIGINT  NOT NULL,
    etag      TEXT    NOT NULL,
    modified  BIGINT  NOT NULL,
    algorithm TEXT    NOT NULL,
    checksum  TEXT    NOT NULL,
    PRIMARY KEY (whole, number)
) WITHOUT ROWID;
CREATE INDEX segment_start ON segment (whole, start);

-- back counts down, so that the newest version of a key comes first. An id is
-- 'null' or holds back and what makes it unlike all others.
CREATE TABLE version (
    bucket        BIGINT  NOT NULL REFERENCES bucket (id),
    key           BLOB    NOT NULL,
    back          BIGINT  NOT NULL,
    id            TEXT    NOT NULL,
    newest        BOOLEAN NOT NULL,
    marker        BOOLEAN NOT NULL,
    content       BIGINT  REFERENCES content (id), -- NULL of a delete marker
    size          BIGINT  NOT NULL,
    etag          TEXT    NOT NULL,
    modified      BIGINT  NOT NULL,
    class         TEXT    NOT NULL,
    algorithm     TEXT    NOT NULL,
    checksum_type TEXT    NOT NULL,
    checksum      TEXT    NOT NULL,
    parts         INTEGER NOT NULL,
    headers       TEXT    NOT NULL, -- JSON; '' for none
    tags          TEXT    NOT NULL, -- JSON; '' for none
    upload        TEXT    NOT NULL, -- the upload that it was made by; '' for none
    writer        TEXT    NOT NULL,
    -- The key of those that a list of objects shows, in a column of its own so
    -- that the list runs along its index and passes over no other versions.
    listed        BLOB GENERATED ALWAYS AS (CASE WHEN newest AND NOT marker THEN key END) VIRTUAL,
    PRIMARY KEY (bucket, key, back)
) WITHOUT ROWID;
CREATE UNIQUE INDEX version_listed ON version (bucket, listed) WHERE listed IS NOT NULL;
CREATE UNIQUE INDEX version_null ON version (bucket, key) WHERE id = 'null' AND NOT newest;
CREATE INDEX version_content ON version (content);
CREATE UNIQUE INDEX version_upload ON version (upload) WHERE upload <> '';

CREATE TABLE upload (
    place         INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which uploads were begun
    salt          BLOB    NOT NULL,                  -- what the upload's id holds beside place
    bucket        BIGINT  NOT NULL REFERENCES bucket (id),
    key           BLOB    NOT NULL,
    generation    BIGINT  NOT NULL, -- grows with each part
    created       BIGINT  NOT NULL,
    class         TEXT    NOT NULL,
    algorithm     TEXT    NOT NULL,
    checksum_type TEXT    NOT NULL,
    headers       TEXT    NOT NULL,
    tags          TEXT    NOT NULL,
    writer        TEXT    NOT NULL
);
CREATE INDEX upload_key ON upload (bucket, key, place);

CREATE TABLE part (
    upload    BIGINT  NOT NULL REFERENCES upload (place),
    number    INTEGER NOT NULL,
    content   BIGINT  NOT NULL UNIQUE REFERENCES content (id) ON DELETE CASCADE,
    size      BIGINT  NOT NULL,
    etag      TEXT    NOT NULL,
    modified  BIGINT  NOT NULL,
    algorithm TEXT    NOT NULL,
    checksum  TEXT    NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;

CREATE TABLE note (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- +goose Up
-- What belongs to a user names it by its unique id: a new name or path moves
-- nothing, and a user made anew under an old name gets nothing.
CREATE TABLE iam_user (
    account TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    folded  TEXT   NOT NULL, -- the name in lower case: unique without regard to case
    path    TEXT   NOT NULL,
    tags    TEXT   NOT NULL, -- JSON, a list of keys and values
    created BIGINT NOT NULL,
    PRIMARY KEY (account, id),
    UNIQUE (account, name),
    UNIQUE (account, folded)
);

CREATE TABLE user_policy (
    account  TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, user_id, name),
    FOREIGN KEY (account, user_id) REFERENCES iam_user (account, id)
);

-- The policy is an ARN: AWS's own policies have no row.
CREATE TABLE user_attachment (
    account TEXT NOT NULL,
    user_id TEXT NOT NULL,
    policy  TEXT NOT NULL,
    PRIMARY KEY (account, user_id, policy),
    FOREIGN KEY (account, user_id) REFERENCES iam_user (account, id)
);
CREATE INDEX user_attachment_by_policy ON user_attachment (account, policy, user_id);

-- The secret lies sealed under the master key.
CREATE TABLE access_key (
    id      TEXT    NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    user_id TEXT    NOT NULL,
    sealed  BYTEA   NOT NULL,
    active  BOOLEAN NOT NULL,
    created BIGINT  NOT NULL,
    FOREIGN KEY (account, user_id) REFERENCES iam_user (account, id)
);
CREATE INDEX access_key_by_user ON access_key (account, user_id, id);

-- +goose Up
CREATE TABLE role (
    account     TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    folded      TEXT   NOT NULL, -- the name in lower case: unique without regard to case
    path        TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    trust       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    max_session BIGINT NOT NULL, -- seconds
    created     BIGINT NOT NULL,
    PRIMARY KEY (account, name),
    UNIQUE (account, folded),
    UNIQUE (account, id)
);

CREATE TABLE role_policy (
    account  TEXT NOT NULL,
    role     TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, role, name),
    FOREIGN KEY (account, role) REFERENCES role (account, name)
);

CREATE TABLE managed_policy (
    account     TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    folded      TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    arn         TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    description TEXT   NOT NULL,
    in_force    BIGINT NOT NULL, -- number of the default version
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    PRIMARY KEY (account, name),
    UNIQUE (account, folded),
    UNIQUE (account, arn),
    UNIQUE (account, id)
);

CREATE TABLE managed_policy_version (
    account  TEXT   NOT NULL,
    policy   TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (account, policy, version),
    FOREIGN KEY (account, policy) REFERENCES managed_policy (account, name)
);

-- The policy is an ARN: AWS's own policies have no row.
CREATE TABLE role_attachment (
    account TEXT NOT NULL,
    role    TEXT NOT NULL,
    policy  TEXT NOT NULL,
    PRIMARY KEY (account, role, policy),
    FOREIGN KEY (account, role) REFERENCES role (account, name)
);
CREATE INDEX role_attachment_by_policy ON role_attachment (account, policy, role);

-- +goose Up
CREATE TABLE iot_policy (
    account         TEXT   NOT NULL,
    region          TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    id              TEXT   NOT NULL UNIQUE,
    default_version BIGINT NOT NULL,
    last_version    BIGINT NOT NULL, -- the highest number ever given
    created         BIGINT NOT NULL,
    modified        BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE INDEX iot_policy_by_created ON iot_policy (account, region, created, name);

CREATE TABLE iot_policy_version (
    account  TEXT   NOT NULL,
    region   TEXT   NOT NULL,
    policy   TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL, -- as it was sent
    created  BIGINT NOT NULL,
    PRIMARY KEY (account, region, policy, version),
    FOREIGN KEY (account, region, policy) REFERENCES iot_policy (account, region, name) ON DELETE CASCADE
);

-- No key binds the target: it may be a certificate, later a group or an
-- identity that Muster doesn't keep.
CREATE TABLE iot_policy_target (
    account TEXT   NOT NULL,
    region  TEXT   NOT NULL,
    policy  TEXT   NOT NULL,
    target  TEXT   NOT NULL, -- an ARN
    created BIGINT NOT NULL,
    PRIMARY KEY (account, region, target, policy),
    FOREIGN KEY (account, region, policy) REFERENCES iot_policy (account, region, name)
);
CREATE INDEX iot_policy_target_by_policy ON iot_policy_target (account, region, policy, target);

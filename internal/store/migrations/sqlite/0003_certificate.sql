-- +goose Up
-- The certificate authorities, one set for all accounts.
CREATE TABLE authority (
    name        TEXT   NOT NULL PRIMARY KEY,
    certificate BLOB   NOT NULL, -- DER
    private_key BLOB   NOT NULL, -- sealed under the master key
    created     BIGINT NOT NULL
);

CREATE TABLE certificate (
    account    TEXT   NOT NULL,
    region     TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- SHA-256 of the DER, lower-case hex
    pem        TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    mode       TEXT   NOT NULL,
    generation TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    modified   BIGINT NOT NULL,
    PRIMARY KEY (account, region, id)
);
-- One certificate may be registered in several accounts and regions.
CREATE INDEX certificate_by_id ON certificate (id);
CREATE INDEX certificate_by_created ON certificate (account, region, created, id);

-- +goose Up
-- A bucket's name is global: the account is not part of its key.
CREATE TABLE bucket (
    name    TEXT    NOT NULL PRIMARY KEY,
    account TEXT    NOT NULL,
    region  TEXT    NOT NULL,
    created BIGINT  NOT NULL,
    pending BOOLEAN NOT NULL
);
CREATE INDEX bucket_account ON bucket (account, name);
CREATE INDEX bucket_pending ON bucket (name) WHERE pending;

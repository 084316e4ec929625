-- +goose Up
CREATE TABLE role_alias (
    account  TEXT   NOT NULL,
    region   TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    id       TEXT   NOT NULL UNIQUE,
    role     TEXT   NOT NULL, -- an ARN; the role may be gone
    seconds  BIGINT NOT NULL,
    tags     TEXT   NOT NULL, -- JSON
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);

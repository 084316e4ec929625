-- +goose Up
-- Keys of the whole installation, of no account: they seal session tokens and
-- lie sealed under the master key themselves.
CREATE TABLE sealing_key (
    id      TEXT   NOT NULL PRIMARY KEY,
    sealed  BYTEA  NOT NULL,
    created BIGINT NOT NULL
);

-- +goose Up
CREATE TABLE account (
    id             TEXT   NOT NULL PRIMARY KEY,
    data           TEXT   NOT NULL UNIQUE,
    credentials    TEXT   NOT NULL UNIQUE,
    jobs           TEXT   NOT NULL UNIQUE,
    device_advisor TEXT   NOT NULL UNIQUE,
    created        BIGINT NOT NULL
);

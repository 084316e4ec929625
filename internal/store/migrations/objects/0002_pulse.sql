-- +goose Up
-- What is written to see whether writing works.
CREATE TABLE pulse (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    beats BIGINT  NOT NULL
);
INSERT INTO pulse (id, beats) VALUES (1, 0);

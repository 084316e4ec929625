-- +goose Up
CREATE TABLE device_fleet (
    account     TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    role        TEXT   NOT NULL, -- an ARN or ''; the role may be gone
    description TEXT   NOT NULL,
    output      TEXT   NOT NULL, -- JSON
    alias       TEXT   NOT NULL, -- a name or ''; the alias may be gone
    tags        TEXT   NOT NULL, -- JSON
    created     BIGINT NOT NULL,
    modified    BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE INDEX device_fleet_created ON device_fleet (account, region, created, name);
CREATE INDEX device_fleet_modified ON device_fleet (account, region, modified, name);

CREATE TABLE device (
    account     TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    fleet       TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    thing       TEXT   NOT NULL, -- a name or ''; the thing may not exist
    tags        TEXT   NOT NULL, -- JSON
    registered  BIGINT NOT NULL,
    PRIMARY KEY (account, region, fleet, name),
    FOREIGN KEY (account, region, fleet) REFERENCES device_fleet (account, region, name)
);

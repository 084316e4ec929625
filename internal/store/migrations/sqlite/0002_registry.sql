-- +goose Up
CREATE TABLE thing_type (
    account     TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    description TEXT   NOT NULL,
    searchable  TEXT   NOT NULL, -- JSON list of attribute names
    created     BIGINT NOT NULL,
    deprecated  BIGINT NOT NULL, -- 0 while it is not
    PRIMARY KEY (account, region, name)
);

CREATE TABLE thing (
    account    TEXT   NOT NULL,
    region     TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    type_name  TEXT,
    attributes TEXT   NOT NULL, -- JSON object of texts
    version    BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    PRIMARY KEY (account, region, name),
    FOREIGN KEY (account, region, type_name) REFERENCES thing_type (account, region, name)
);
CREATE INDEX thing_by_type ON thing (account, region, type_name, name);

-- The attributes again, to be searched.
CREATE TABLE thing_attribute (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    thing   TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (account, region, thing, name),
    FOREIGN KEY (account, region, thing) REFERENCES thing (account, region, name) ON DELETE CASCADE
);
CREATE INDEX thing_attribute_by_value ON thing_attribute (account, region, name, value, thing);

-- The principal is a certificate's ARN or an identity's id. No key binds it:
-- what it names is judged where it is attached.
CREATE TABLE thing_principal (
    account   TEXT    NOT NULL,
    region    TEXT    NOT NULL,
    thing     TEXT    NOT NULL,
    principal TEXT    NOT NULL,
    exclusive BOOLEAN NOT NULL,
    created   BIGINT  NOT NULL,
    PRIMARY KEY (account, region, thing, principal),
    FOREIGN KEY (account, region, thing) REFERENCES thing (account, region, name)
);
CREATE INDEX thing_principal_by_principal ON thing_principal (account, region, principal, thing);

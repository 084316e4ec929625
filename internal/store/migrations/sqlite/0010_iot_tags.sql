-- +goose Up
-- JSON, as role_alias has it.
ALTER TABLE thing_type ADD COLUMN tags TEXT NOT NULL DEFAULT 'null';
ALTER TABLE iot_policy ADD COLUMN tags TEXT NOT NULL DEFAULT 'null';

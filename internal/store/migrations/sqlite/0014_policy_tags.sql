-- +goose Up
-- JSON, a list of keys and values.
ALTER TABLE managed_policy ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';

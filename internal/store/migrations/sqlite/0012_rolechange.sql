-- +goose Up
-- JSON, a list of keys and values.
ALTER TABLE role ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- JSON, from the ARNs that the trust policy names to the unique ids they meant
-- when it was set. Roles from before this was kept trust by ARN alone.
ALTER TABLE role ADD COLUMN trusted TEXT NOT NULL DEFAULT '{}';
-- Numbers of versions are never used again.
ALTER TABLE managed_policy ADD COLUMN last_version BIGINT NOT NULL DEFAULT 1;

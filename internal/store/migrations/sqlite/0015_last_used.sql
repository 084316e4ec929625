-- +goose Up
-- When and where a key, or a session of a role, was used last; 0 for never.
-- What was used before this was kept counts as never used.
ALTER TABLE access_key ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE access_key ADD COLUMN used_service TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN used_region TEXT NOT NULL DEFAULT '';
ALTER TABLE role ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE role ADD COLUMN used_service TEXT NOT NULL DEFAULT '';
ALTER TABLE role ADD COLUMN used_region TEXT NOT NULL DEFAULT '';

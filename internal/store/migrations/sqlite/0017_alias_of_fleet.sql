-- +goose Up
-- Whether a device fleet made the alias: such a one goes with its fleet's role.
ALTER TABLE role_alias ADD COLUMN of_fleet INTEGER NOT NULL DEFAULT 0;
UPDATE role_alias SET of_fleet = 1 WHERE EXISTS (
    SELECT 1 FROM device_fleet f WHERE f.account = role_alias.account AND f.region = role_alias.region AND f.alias = role_alias.name);

-- +goose Up
-- JSON list of propagating attributes.
ALTER TABLE thing_type ADD COLUMN propagating TEXT NOT NULL DEFAULT 'null';

-- Targets are listed in the order in which they were attached.
DROP INDEX iot_policy_target_by_policy;
CREATE INDEX iot_policy_target_by_policy ON iot_policy_target (account, region, policy, created, target);

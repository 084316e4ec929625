-- +goose Up
-- What is configured of a bucket: one document of JSON for each kind.
CREATE TABLE bucket_document (
    bucket   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bucket, kind),
    FOREIGN KEY (bucket) REFERENCES bucket (name)
);
CREATE INDEX bucket_document_by_kind ON bucket_document (kind, bucket);

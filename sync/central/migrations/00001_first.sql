-- One subset for SQLite and PostgreSQL: TEXT, BIGINT, BYTEA, ON CONFLICT, $1.
-- +goose Up

-- How much of each origin is held: its size, the frontier of its tree, the newest
-- checkpoint that proves them.
CREATE TABLE marks (
    origin     TEXT   NOT NULL PRIMARY KEY,
    size       BIGINT NOT NULL,
    frontier   TEXT   NOT NULL,
    checkpoint BYTEA  NOT NULL,
    at_ms      BIGINT NOT NULL
);

-- The segments as they came, the evidence.
CREATE TABLE segments (
    origin TEXT   NOT NULL,
    upto   BIGINT NOT NULL,
    first  BIGINT NOT NULL,
    count  BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    bytes  BYTEA  NOT NULL,
    PRIMARY KEY (origin, upto)
);

-- The entries, with their openings where they are held.
CREATE TABLE entries (
    origin       TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    hash         BYTEA  NOT NULL,
    job          TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    leaf         BYTEA  NOT NULL,
    work         BYTEA,
    work_salt    BYTEA,
    contact      BYTEA,
    contact_salt BYTEA,
    PRIMARY KEY (origin, seq)
);
CREATE INDEX entries_job ON entries (job);

-- What follows from the entries; it can be made again from them.
CREATE TABLE vehicles (
    id      TEXT   NOT NULL PRIMARY KEY,
    vin     TEXT   NOT NULL,
    plate   TEXT   NOT NULL,
    seen_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX vehicles_vin ON vehicles (vin) WHERE vin <> '';
CREATE INDEX vehicles_plate ON vehicles (plate);

CREATE TABLE jobs (
    id          TEXT   NOT NULL PRIMARY KEY,
    shop        TEXT   NOT NULL,
    ticket      TEXT   NOT NULL,
    plate       TEXT   NOT NULL,
    vin         TEXT   NOT NULL,
    vehicle     TEXT   NOT NULL,
    phase       TEXT   NOT NULL,
    word        TEXT   NOT NULL,
    bay         TEXT   NOT NULL,
    node        TEXT   NOT NULL,
    opened_ms   BIGINT NOT NULL,
    promised_ms BIGINT NOT NULL,
    newest_ms   BIGINT NOT NULL,
    complaint   TEXT   NOT NULL,
    lines       TEXT   NOT NULL
);
CREATE INDEX jobs_vehicle ON jobs (vehicle);
CREATE INDEX jobs_newest ON jobs (newest_ms);

CREATE TABLE scans (
    job      TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    bay      TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    why      TEXT   NOT NULL,
    vin      TEXT   NOT NULL,
    adapter  TEXT   NOT NULL,
    protocol TEXT   NOT NULL,
    complete BIGINT NOT NULL,
    report   BYTEA,
    PRIMARY KEY (job, id)
);

CREATE TABLE codes (
    job    TEXT   NOT NULL,
    scan   TEXT   NOT NULL,
    n      BIGINT NOT NULL,
    ecu    TEXT   NOT NULL,
    code   TEXT   NOT NULL,
    status TEXT   NOT NULL,
    PRIMARY KEY (job, scan, n)
);
CREATE INDEX codes_code ON codes (code);

-- +goose Down
DROP TABLE codes;
DROP TABLE scans;
DROP TABLE jobs;
DROP TABLE vehicles;
DROP TABLE entries;
DROP TABLE segments;
DROP TABLE marks;

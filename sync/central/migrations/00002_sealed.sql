-- One subset for SQLite and PostgreSQL: TEXT, BIGINT, BYTEA, ON CONFLICT, $1.
-- +goose Up

-- Version 1 kept payloads in clear. All of it is dropped and asked for again: the
-- nodes hold every log that head office had, and send it sealed.
DROP TABLE codes;
DROP TABLE scans;
DROP TABLE jobs;
DROP TABLE vehicles;
DROP TABLE entries;
DROP TABLE segments;
DELETE FROM marks;

-- The segments as they came, the evidence: boxes only.
CREATE TABLE segments (
    origin TEXT   NOT NULL,
    upto   BIGINT NOT NULL,
    first  BIGINT NOT NULL,
    count  BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    bytes  BYTEA  NOT NULL,
    PRIMARY KEY (origin, upto)
);

-- The entries, with their boxes and the ids of the keys that open them.
CREATE TABLE entries (
    origin      TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    hash        BYTEA  NOT NULL,
    job         TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    leaf        BYTEA  NOT NULL,
    work        BYTEA,
    work_key    BYTEA,
    contact     BYTEA,
    contact_key BYTEA,
    PRIMARY KEY (origin, seq)
);
CREATE INDEX entries_job ON entries (job);

-- What follows from the entries; it can be made again from them. Plates, VINs, free
-- words, order lines and reports lie sealed under a key of their job (sealed); what
-- is looked up is a keyed HMAC (_mac).
CREATE TABLE vehicles (
    id        TEXT   NOT NULL PRIMARY KEY,
    vin_mac   TEXT   NOT NULL,
    plate_mac TEXT   NOT NULL,
    seen_ms   BIGINT NOT NULL,
    job       TEXT   NOT NULL,
    sealed    BYTEA
);
CREATE UNIQUE INDEX vehicles_vin ON vehicles (vin_mac) WHERE vin_mac <> '';
CREATE INDEX vehicles_plate ON vehicles (plate_mac);
CREATE INDEX vehicles_job ON vehicles (job);

CREATE TABLE jobs (
    id          TEXT   NOT NULL PRIMARY KEY,
    shop        TEXT   NOT NULL,
    ticket      TEXT   NOT NULL,
    vehicle     TEXT   NOT NULL,
    phase       TEXT   NOT NULL,
    word        TEXT   NOT NULL,
    bay         TEXT   NOT NULL,
    node        TEXT   NOT NULL,
    opened_ms   BIGINT NOT NULL,
    promised_ms BIGINT NOT NULL,
    newest_ms   BIGINT NOT NULL,
    sealed      BYTEA
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
    adapter  TEXT   NOT NULL,
    protocol TEXT   NOT NULL,
    complete BIGINT NOT NULL,
    sealed   BYTEA,
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
DELETE FROM marks;
DROP TABLE codes;
DROP TABLE scans;
DROP TABLE jobs;
DROP TABLE vehicles;
DROP TABLE entries;
DROP TABLE segments;
CREATE TABLE segments (origin TEXT NOT NULL, upto BIGINT NOT NULL, first BIGINT NOT NULL, count BIGINT NOT NULL, hashes BYTEA NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (origin, upto));
CREATE TABLE entries (origin TEXT NOT NULL, seq BIGINT NOT NULL, hash BYTEA NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, leaf BYTEA NOT NULL, work BYTEA, work_salt BYTEA, contact BYTEA, contact_salt BYTEA, PRIMARY KEY (origin, seq));
CREATE TABLE vehicles (id TEXT NOT NULL PRIMARY KEY, vin TEXT NOT NULL, plate TEXT NOT NULL, seen_ms BIGINT NOT NULL);
CREATE TABLE jobs (id TEXT NOT NULL PRIMARY KEY, shop TEXT NOT NULL, ticket TEXT NOT NULL, plate TEXT NOT NULL, vin TEXT NOT NULL, vehicle TEXT NOT NULL, phase TEXT NOT NULL, word TEXT NOT NULL, bay TEXT NOT NULL, node TEXT NOT NULL, opened_ms BIGINT NOT NULL, promised_ms BIGINT NOT NULL, newest_ms BIGINT NOT NULL, complaint TEXT NOT NULL, lines TEXT NOT NULL);
CREATE TABLE scans (job TEXT NOT NULL, id TEXT NOT NULL, bay TEXT NOT NULL, at_ms BIGINT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, vin TEXT NOT NULL, adapter TEXT NOT NULL, protocol TEXT NOT NULL, complete BIGINT NOT NULL, report BYTEA, PRIMARY KEY (job, id));
CREATE TABLE codes (job TEXT NOT NULL, scan TEXT NOT NULL, n BIGINT NOT NULL, ecu TEXT NOT NULL, code TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (job, scan, n));

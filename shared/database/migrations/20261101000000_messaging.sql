-- What every service with a database has: the outbox, the inbox and idempotency keys.

-- Messages that a committed change owes to the world. A row is deleted once it is sent.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    destination_kind text NOT NULL CHECK (destination_kind IN ('topic', 'queue')),
    destination text NOT NULL,
    body text NOT NULL,
    attributes jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The relay that is sending it has until then; after that another may.
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    attempts integer NOT NULL DEFAULT 0
);

-- Messages whose effect is in this database: a second delivery changes nothing.
CREATE TABLE inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_received_at ON inbox (received_at);

-- Claims and stored answers of POST requests with an Idempotency-Key, kept for 24 hours.
CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    -- SHA-256 of method, path and body.
    fingerprint bytea NOT NULL,
    -- The id minted for the thing that is created; a retry goes on with it.
    resource_id uuid NOT NULL,
    leased_until timestamptz NOT NULL,
    status smallint,
    headers jsonb,
    body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key),
    CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Changes of an account: a new address that waits for its proof, devices, the address book, and who did what.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE users
    -- Takes the place of `email` once it is proven.
    ADD COLUMN pending_email text CHECK (length(pending_email) BETWEEN 3 AND 320),
    ADD COLUMN pending_email_normalised text CHECK (length(pending_email_normalised) BETWEEN 3 AND 320),
    ADD CHECK ((pending_email IS NULL) = (pending_email_normalised IS NULL));

-- The list of staff, newest first.
CREATE INDEX users_created_at ON users (created_at, id);
-- `?q=`: any part of address or name.
CREATE INDEX users_search ON users
    USING gin ((email_normalised || ' ' || lower(coalesce(full_name, ''))) gin_trgm_ops);

-- What signed in, for its owner to recognise.
ALTER TABLE sessions ADD COLUMN user_agent text CHECK (length(user_agent) BETWEEN 1 AND 200);
ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN (
    'logout', 'password_reset', 'password_change', 'token_reuse', 'promotion', 'role_change', 'suspension'
));

ALTER TABLE one_time_tokens DROP CONSTRAINT one_time_tokens_kind_check;
ALTER TABLE one_time_tokens ADD CONSTRAINT one_time_tokens_kind_check CHECK (kind IN (
    'email_verification', 'email_change', 'password_reset', 'invitation'
));

CREATE TABLE addresses (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    line1 text NOT NULL CHECK (length(line1) BETWEEN 1 AND 120),
    line2 text CHECK (length(line2) BETWEEN 1 AND 120),
    city text NOT NULL CHECK (length(city) BETWEEN 1 AND 80),
    state text CHECK (length(state) BETWEEN 1 AND 80),
    postal_code text NOT NULL CHECK (length(postal_code) BETWEEN 1 AND 16),
    -- ISO 3166-1 alpha-2
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    -- E.164
    phone text CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    default_shipping boolean NOT NULL DEFAULT false,
    default_billing boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL CHECK (updated_at >= created_at)
);
CREATE INDEX addresses_user_id ON addresses (user_id, id);
-- One default of each kind.
CREATE UNIQUE INDEX addresses_default_shipping ON addresses (user_id) WHERE default_shipping;
CREATE UNIQUE INDEX addresses_default_billing ON addresses (user_id) WHERE default_billing;

-- The audit trail: what happened to an account, and who did it from where. Goes with the account.
CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    -- In the order in which they were written: several have the same time.
    position bigint GENERATED ALWAYS AS IDENTITY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type text NOT NULL CHECK (type ~ '^[a-z][a-z_]{2,39}$'),
    occurred_at timestamptz NOT NULL,
    -- `user:<id>`, `system`, or `anonymous`: somebody without a token.
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 64),
    client_address text CHECK (length(client_address) BETWEEN 1 AND 45),
    user_agent text CHECK (length(user_agent) BETWEEN 1 AND 200),
    data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object')
);
CREATE UNIQUE INDEX audit_events_user_id ON audit_events (user_id, position);
-- For the removal of those that are old.
CREATE INDEX audit_events_occurred_at ON audit_events (occurred_at);

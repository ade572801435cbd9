-- Who may sign in, where they are signed in, and the one-time links that were mailed to them.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    -- As mail is sent to it.
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 320),
    -- As addresses are compared: see domain/email.rs.
    email_normalised text NOT NULL CHECK (length(email_normalised) BETWEEN 3 AND 320),
    email_verified_at timestamptz,
    -- A PHC string; absent until an invited user has set a password.
    password_hash text CHECK (password_hash LIKE '$argon2id$%'),
    full_name text CHECK (length(full_name) BETWEEN 1 AND 200),
    -- E.164
    phone text CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    -- BCP 47
    locale text NOT NULL CHECK (length(locale) BETWEEN 2 AND 35),
    marketing_opt_in boolean NOT NULL DEFAULT false,
    role text NOT NULL CHECK (role IN ('customer', 'staff', 'admin')),
    status text NOT NULL CHECK (status IN ('active', 'suspended')),
    -- Goes up with every change; the ETag and the version in events.
    version bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL CHECK (updated_at >= created_at)
);
CREATE UNIQUE INDEX users_email_normalised ON users (email_normalised);

-- A sign-in: the family of refresh tokens that descend from one login.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('logout', 'password_reset', 'token_reuse', 'promotion')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_live_of_user ON sessions (user_id) WHERE ended_at IS NULL;

-- Refresh tokens, as SHA-256. The successor of each is an HMAC of it, so no column links them.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    -- When it was exchanged for its successor.
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
-- For the removal of those that are over.
CREATE INDEX refresh_tokens_expires_at ON refresh_tokens (expires_at);

-- Mailed one-time tokens, as SHA-256. The primary key makes a new token of a kind void the one before; using one
-- removes its row.
CREATE TABLE one_time_tokens (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('email_verification', 'password_reset', 'invitation')),
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    PRIMARY KEY (user_id, kind)
);
CREATE UNIQUE INDEX one_time_tokens_token_hash ON one_time_tokens (token_hash);

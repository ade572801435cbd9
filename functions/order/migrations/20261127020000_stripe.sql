-- What a real provider needs: what it told us by webhooks, how far we have looked there, and what does not fit.

CREATE INDEX payments_contested ON payments (created_at) WHERE disputed > 0;
CREATE INDEX refunds_by_ref ON refunds (provider_ref) WHERE provider_ref IS NOT NULL;

-- Until when we know what happened at a provider without us: refunds and disputes made there.
CREATE TABLE provider_cursors (
    provider text PRIMARY KEY,
    seen_until timestamptz NOT NULL
);

-- Webhooks that were taken, so that a second delivery does nothing. Not what they say: that is read from the provider.
CREATE TABLE provider_events (
    provider text NOT NULL,
    -- The provider's.
    id text NOT NULL,
    type text NOT NULL,
    -- NULL: it is about nothing of ours.
    payment_id uuid REFERENCES payments,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_events_received ON provider_events (received_at);

-- What a provider says of a payment and cannot be: never "paid", and somebody has to look.
CREATE TABLE payment_discrepancies (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments,
    kind text NOT NULL,
    detail jsonb NOT NULL,
    seen_at timestamptz NOT NULL,
    -- When it was so no more.
    resolved_at timestamptz
);
CREATE UNIQUE INDEX payment_discrepancies_open ON payment_discrepancies (payment_id, kind) WHERE resolved_at IS NULL;

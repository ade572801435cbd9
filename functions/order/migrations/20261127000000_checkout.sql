-- Payments that are authorised before they are captured, and refunds that a provider takes its time with.

ALTER TABLE payments
    -- The provider's id of it.
    ADD COLUMN provider_ref text,
    ADD COLUMN capture_method text NOT NULL DEFAULT 'automatic' CHECK (capture_method IN ('automatic', 'manual')),
    -- What is disputed of what was captured.
    ADD COLUMN disputed bigint NOT NULL DEFAULT 0 CHECK (disputed >= 0 AND disputed <= captured),
    DROP CONSTRAINT payments_status_check,
    -- unknown: the provider's answer was lost and reading back has not told yet.
    ADD CONSTRAINT payments_status_check CHECK (status IN
        ('created', 'requires_action', 'processing', 'authorized', 'captured', 'failed', 'voided', 'refunded', 'unknown'));
CREATE UNIQUE INDEX payments_provider_ref ON payments (provider, provider_ref) WHERE provider_ref IS NOT NULL;
DROP INDEX payments_one_live;
CREATE UNIQUE INDEX payments_one_live ON payments (order_id)
    WHERE status IN ('created', 'requires_action', 'processing', 'authorized', 'captured', 'refunded', 'unknown');
DROP INDEX payments_open;
CREATE INDEX payments_open ON payments (updated_at)
    WHERE status IN ('created', 'requires_action', 'processing', 'authorized', 'unknown');

ALTER TABLE refunds
    -- The provider's id of it; a refund that was made at the provider has it from the start.
    ADD COLUMN provider_ref text,
    -- Which lines and how many of each, when the refund names them.
    ADD COLUMN lines jsonb,
    -- The lines' stock goes back.
    ADD COLUMN restock boolean NOT NULL DEFAULT false,
    -- Who asked: user:<id>, system, or provider.
    ADD COLUMN actor text NOT NULL DEFAULT 'system',
    ADD COLUMN updated_at timestamptz,
    DROP CONSTRAINT refunds_status_check,
    -- requested: to be asked for; pending: the provider is at it.
    ADD CONSTRAINT refunds_status_check CHECK (status IN ('requested', 'pending', 'done', 'failed'));
CREATE UNIQUE INDEX refunds_provider_ref ON refunds (payment_id, provider_ref) WHERE provider_ref IS NOT NULL;
DROP INDEX refunds_requested;
CREATE INDEX refunds_open ON refunds (created_at) WHERE status IN ('requested', 'pending');

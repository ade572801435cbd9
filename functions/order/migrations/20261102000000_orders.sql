-- Orders, payments, refunds and invoices. Amounts are integer minor units of the order's currency.

CREATE SEQUENCE order_number;

CREATE TABLE shipping_methods (
    id uuid PRIMARY KEY,
    code text NOT NULL CONSTRAINT shipping_methods_code UNIQUE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('flat')),
    price bigint NOT NULL CHECK (price >= 0),
    countries text[] NOT NULL
);

CREATE TABLE tax_rates (
    country text NOT NULL,
    tax_class text NOT NULL,
    rate_bps integer NOT NULL CHECK (rate_bps BETWEEN 0 AND 10000),
    inclusive boolean NOT NULL,
    PRIMARY KEY (country, tax_class)
);

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number text NOT NULL CONSTRAINT orders_number UNIQUE,
    user_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN
        ('pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'cancelled', 'expired')),
    currency text NOT NULL,
    lines_total bigint NOT NULL CHECK (lines_total >= 0),
    discount_total bigint NOT NULL CHECK (discount_total >= 0),
    shipping_total bigint NOT NULL CHECK (shipping_total >= 0),
    tax_total bigint NOT NULL CHECK (tax_total >= 0),
    grand_total bigint NOT NULL CHECK (grand_total >= 0),
    prices_include_tax boolean NOT NULL,
    shipping_address jsonb NOT NULL,
    billing_address jsonb NOT NULL,
    shipping_method_id uuid NOT NULL,
    shipping_method_name text NOT NULL,
    shipping_tax_rate_bps integer NOT NULL,
    shipping_tax bigint NOT NULL,
    note text,
    -- The version of the cart that was ordered; NULL when the request named its lines.
    cart_version bigint,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX orders_user ON orders (user_id, id DESC);
CREATE INDEX orders_pending ON orders (expires_at) WHERE status = 'pending_payment';

CREATE TABLE order_lines (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    position integer NOT NULL,
    sku text NOT NULL,
    product_id uuid NOT NULL,
    name text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    discount bigint NOT NULL CHECK (discount >= 0),
    tax_rate_bps integer NOT NULL CHECK (tax_rate_bps BETWEEN 0 AND 10000),
    tax bigint NOT NULL CHECK (tax >= 0),
    total bigint NOT NULL CHECK (total >= 0),
    CONSTRAINT order_lines_position UNIQUE (order_id, position)
);

-- Append-only: what happened to an order, as its owner sees it.
CREATE TABLE order_events (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    type text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    data jsonb NOT NULL
);
CREATE INDEX order_events_order ON order_events (order_id, id);

CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    provider text NOT NULL,
    -- What the provider needs to create it (the test provider's token); never a card.
    token text NOT NULL,
    -- created: not known at the provider yet.
    status text NOT NULL CHECK (status IN
        ('created', 'requires_action', 'processing', 'captured', 'failed', 'voided', 'refunded')),
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0 AND captured <= amount),
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= captured),
    client_action jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- One payment of an order at a time: a buyer cannot be charged twice.
CREATE UNIQUE INDEX payments_one_live ON payments (order_id)
    WHERE status IN ('created', 'requires_action', 'processing', 'captured', 'refunded');
CREATE INDEX payments_open ON payments (updated_at) WHERE status IN ('created', 'requires_action', 'processing');
CREATE INDEX payments_order ON payments (order_id);

CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL CHECK (status IN ('requested', 'done', 'failed')),
    reason text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX refunds_requested ON refunds (created_at) WHERE status = 'requested';
CREATE INDEX refunds_payment ON refunds (payment_id);

-- The last number given out; its row lock makes numbers gap-free.
CREATE TABLE invoice_series (
    series text NOT NULL,
    year integer NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (series, year)
);

CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL CONSTRAINT invoices_order UNIQUE REFERENCES orders,
    series text NOT NULL,
    year integer NOT NULL,
    sequence bigint NOT NULL,
    number text NOT NULL CONSTRAINT invoices_number UNIQUE,
    -- What the PDF shows, frozen.
    document jsonb NOT NULL,
    s3_key text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When the PDF lay in S3; then the buyer is told.
    issued_at timestamptz,
    CONSTRAINT invoices_sequence UNIQUE (series, year, sequence)
);

-- The test payment provider's own books (APP_ENV local and test). It is "somebody else": nothing joins with it.
CREATE TABLE test_provider_payments (
    id uuid PRIMARY KEY,
    token text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('requires_action', 'captured', 'failed', 'cancelled'))
);
CREATE TABLE test_provider_refunds (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES test_provider_payments,
    amount bigint NOT NULL
);

-- the least schema that an order needs
CREATE TABLE stock (product_id bigint PRIMARY KEY, available bigint NOT NULL CHECK (available >= 0))
  WITH (fillfactor = 50);
CREATE TABLE idempotency (key uuid PRIMARY KEY, user_id bigint NOT NULL, order_id uuid, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE orders (
  id uuid PRIMARY KEY, user_id bigint NOT NULL, status smallint NOT NULL, total_minor bigint NOT NULL,
  currency char(3) NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX orders_user ON orders (user_id, created_at DESC);
CREATE TABLE order_line (
  order_id uuid NOT NULL, line_no smallint NOT NULL, product_id bigint NOT NULL, qty int NOT NULL, unit_minor bigint NOT NULL,
  PRIMARY KEY (order_id, line_no));
CREATE TABLE outbox (id bigserial PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
-- Else what is written here is tidied up while the services are measured, and counted as theirs.
ALTER TABLE stock SET (autovacuum_enabled = off);
ALTER TABLE idempotency SET (autovacuum_enabled = off);
ALTER TABLE orders SET (autovacuum_enabled = off);
ALTER TABLE order_line SET (autovacuum_enabled = off);
ALTER TABLE outbox SET (autovacuum_enabled = off);
INSERT INTO stock SELECT i, 1000000000000 FROM generate_series(1, 1000) i;
VACUUM ANALYZE;
CHECKPOINT;

-- one order of two lines, statement by statement as a service would send it
\set p1 random(1, 1000)
\set p2 random(1, 1000)
\set lo least(:p1, :p2)
\set hi greatest(:p1, :p2)
\set uid random(1, 100000)
\set a random(1, 9223372036854775806)
\set b random(1, 9223372036854775806)
BEGIN;
INSERT INTO idempotency (key, user_id) VALUES ((lpad(to_hex(:b::bigint), 16, '0') || lpad(to_hex(:a::bigint), 16, '0'))::uuid, :uid) ON CONFLICT DO NOTHING;
UPDATE stock SET available = available - 1 WHERE product_id = :lo AND available >= 1;
UPDATE stock SET available = available - 2 WHERE product_id = :hi AND available >= 2;
INSERT INTO orders (id, user_id, status, total_minor, currency) VALUES ((lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, :uid, 1, 12345, 'EUR');
INSERT INTO order_line VALUES ((lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, 1, :lo, 1, 1999), ((lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, 2, :hi, 2, 2999);
INSERT INTO outbox (topic, payload) VALUES ('order.placed', jsonb_build_object('order_id', (lpad(to_hex(:a::bigint), 16, '0') || lpad(to_hex(:b::bigint), 16, '0'))::uuid, 'user_id', :uid::bigint, 'total', 12345));
COMMIT;

-- Every second of the texts, from :part, as products of the shop. No trigger runs: the cards are written at the end, once.
SET session_replication_role = replica;
INSERT INTO products (id, slug, name, description, status, tax_class, price, currency, attributes, created_at, updated_at)
SELECT ('01930000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, 'product-' || number, name, description, 'active',
       'standard', price, 'EUR',
       jsonb_build_object('color', (ARRAY['red', 'blue', 'green', 'black', 'white'])[1 + number % 5],
                          'material', (ARRAY['cotton', 'wool', 'steel'])[1 + number % 3]),
       timestamptz '2026-01-01' + number * interval '1 minute', timestamptz '2026-01-01' + number * interval '1 minute'
FROM texts WHERE number % 2 = :part;

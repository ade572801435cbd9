-- Two variants, a category and a picture of each product. One sku in twenty is scarce.
SET session_replication_role = replica;
INSERT INTO categories (id, slug, name, path, position, created_at, updated_at)
SELECT ('01930001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'category-' || n, 'Category ' || n, 'category-' || n, n, now(), now()
FROM generate_series(0, 49) n;
INSERT INTO variants (id, product_id, sku, name, attributes, position)
SELECT gen_random_uuid(), p.id, upper(p.slug) || '-' || n, 'Size ' || n, jsonb_build_object('size', n::text), n
FROM products p, generate_series(1, 2) n;
INSERT INTO inventory (sku, on_hand)
SELECT sku, CASE abs(hashtext(sku)) % 40 WHEN 0 THEN 0 WHEN 1 THEN 3 ELSE 1000 END FROM variants;
INSERT INTO product_categories
SELECT ('01930000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, ('01930001-0000-7000-8000-' || lpad(to_hex(number % 50), 12, '0'))::uuid
FROM texts;
INSERT INTO product_images (id, product_id, key, alt, width, height, content_type, position)
SELECT gen_random_uuid(), p.id, p.slug || '.webp', p.name, 800, 600, 'image/webp', 0 FROM products p;
INSERT INTO product_cards (product_id, document) SELECT product_id, document FROM product_card_sources ORDER BY product_id;
INSERT INTO scarce_stock (sku, product_id, level)
SELECT i.sku, v.product_id, scarcity(i.available, i.reorder_point) FROM inventory i JOIN variants v ON v.sku = i.sku
WHERE scarcity(i.available, i.reorder_point) IS NOT NULL;
VACUUM ANALYZE;
CHECKPOINT

-- The cards of the products that were there before. Locks no table: reads and orders go on, a write of a product waits where
-- its card is being written. About 10 s for 100,000 products.
INSERT INTO product_cards (product_id, document) SELECT s.product_id, s.document FROM product_card_sources s ORDER BY s.product_id
    ON CONFLICT DO NOTHING;

-- Holds the inventory of what is scarce already until this is committed: what changes meanwhile changes afterwards.
INSERT INTO scarce_stock (sku, product_id, level)
    SELECT i.sku, v.product_id, scarcity(i.available, i.reorder_point) FROM inventory i JOIN variants v ON v.sku = i.sku
    WHERE scarcity(i.available, i.reorder_point) IS NOT NULL ORDER BY i.sku FOR SHARE OF i
    ON CONFLICT DO NOTHING;

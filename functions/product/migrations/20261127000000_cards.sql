-- Products as they are shown, ready to be read: a page was four look-ups and a heap of JSON for each of its products. Makes
-- triggers on six tables: each waits for the writers of its table, and holds up new ones until this is committed, at once.

-- A product with its variants, pictures and categories, but for stock. The triggers below keep it; nobody else writes it.
CREATE TABLE product_cards (
    product_id uuid PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    document json NOT NULL
-- In the row itself where a page has room for it.
) WITH (toast_tuple_target = 8160);

-- What the cards shall say.
CREATE VIEW product_card_sources AS
SELECT p.id AS product_id,
       json_build_object('id', p.id, 'slug', p.slug, 'name', p.name, 'description', p.description, 'status', p.status,
           'tax_class', p.tax_class, 'price', p.price, 'compare_at_price', p.compare_at_price, 'currency', p.currency,
           'attributes', p.attributes, 'version', p.version,
           'created_at', p.created_at, 'updated_at', p.updated_at,
           'variants', coalesce((SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name,
                    'attributes', v.attributes, 'price', coalesce(v.price, p.price), 'barcode', v.barcode,
                    'weight_grams', v.weight_grams) ORDER BY v.position, v.sku)
                FROM variants v WHERE v.product_id = p.id), '[]'),
           'images', coalesce((SELECT json_agg(json_build_object('id', m.id, 'key', m.key, 'alt', m.alt, 'width', m.width,
                    'height', m.height, 'content_type', m.content_type, 'renditions', m.renditions) ORDER BY m.position, m.id)
                FROM product_images m WHERE m.product_id = p.id AND m.status = 'ready'), '[]'),
           'categories', coalesce((SELECT json_agg(json_build_object('id', c.id, 'slug', c.slug, 'name', c.name,
                    'path', c.path, 'version', c.version) ORDER BY c.path)
                FROM product_categories pc JOIN categories c ON c.id = pc.category_id WHERE pc.product_id = p.id), '[]')
       ) AS document
FROM products p;

-- Locks the cards first: the statement after that sees what others committed while it waited.
CREATE FUNCTION write_cards(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM product_cards c WHERE c.product_id = ANY (ids) ORDER BY c.product_id FOR UPDATE;
    INSERT INTO product_cards AS c (product_id, document)
        SELECT s.product_id, s.document FROM product_card_sources s WHERE s.product_id = ANY (ids) ORDER BY s.product_id
        ON CONFLICT (product_id) DO UPDATE SET document = excluded.document;
END
$$;

CREATE FUNCTION product_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_cards(ARRAY(SELECT id FROM fresh));
    RETURN NULL;
END
$$;
CREATE TRIGGER products_card_insert AFTER INSERT ON products REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION product_changed();
CREATE TRIGGER products_card_update AFTER UPDATE ON products REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION product_changed();

-- Of a table whose rows belong to a product.
CREATE FUNCTION part_of_product_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_cards(ARRAY(SELECT DISTINCT product_id FROM changed));
    RETURN NULL;
END
$$;
CREATE TRIGGER variants_card_insert AFTER INSERT ON variants REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_product_changed();
CREATE TRIGGER variants_card_update AFTER UPDATE ON variants REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_product_changed();
CREATE TRIGGER variants_card_delete AFTER DELETE ON variants REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_product_changed();
CREATE TRIGGER product_categories_card_insert AFTER INSERT ON product_categories REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_product_changed();
CREATE TRIGGER product_categories_card_delete AFTER DELETE ON product_categories REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_product_changed();

-- None of these moves from one product to another, or from one category to another.
CREATE FUNCTION refuse_another_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays with its product', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER variants_stay BEFORE UPDATE OF product_id ON variants
    FOR EACH ROW WHEN (OLD.product_id <> NEW.product_id) EXECUTE FUNCTION refuse_another_product();
CREATE TRIGGER product_images_stay BEFORE UPDATE OF product_id ON product_images
    FOR EACH ROW WHEN (OLD.product_id <> NEW.product_id) EXECUTE FUNCTION refuse_another_product();
CREATE TRIGGER product_categories_stay BEFORE UPDATE ON product_categories
    FOR EACH ROW EXECUTE FUNCTION refuse_another_product();

-- A picture that is not ready is part of nothing.
CREATE FUNCTION picture_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT product_id FROM changed WHERE status = 'ready');
BEGIN
    IF cardinality(ids) > 0 THEN
        PERFORM write_cards(ids);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER product_images_card_insert AFTER INSERT ON product_images REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION picture_changed();
CREATE TRIGGER product_images_card_update AFTER UPDATE ON product_images REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION picture_changed();
CREATE TRIGGER product_images_card_delete AFTER DELETE ON product_images REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION picture_changed();

-- A new name or place of a category is written into each of its products: about 10 s for 100,000 of them.
CREATE FUNCTION category_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT pc.product_id FROM fresh f JOIN stale s ON s.id = f.id
                        JOIN product_categories pc ON pc.category_id = f.id
                        WHERE (f.slug, f.name, f.path) <> (s.slug, s.name, s.path));
BEGIN
    IF cardinality(ids) > 0 THEN
        PERFORM write_cards(ids);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER categories_card_update AFTER UPDATE ON categories REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION category_changed();

-- What a buyer is told of stock; NULL: there is enough.
CREATE FUNCTION scarcity(available bigint, reorder_point bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN available <= 0 THEN 'out' WHEN available <= reorder_point THEN 'low' END $$;

-- Skus of which there is little or nothing. Changes with what a buyer is told, not with every reservation; whoever writes a
-- row has locked that sku's of `inventory`.
CREATE TABLE scarce_stock (
    sku text COLLATE "C" PRIMARY KEY REFERENCES inventory (sku) ON DELETE CASCADE,
    product_id uuid NOT NULL,
    level text NOT NULL CHECK (level IN ('low', 'out'))
);
CREATE INDEX scarce_stock_product_id ON scarce_stock (product_id) INCLUDE (sku, level);

CREATE FUNCTION note_scarcity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is text := scarcity(NEW.available, NEW.reorder_point);
BEGIN
    IF now_is IS NULL THEN
        DELETE FROM scarce_stock s WHERE s.sku = NEW.sku;
    ELSE
        INSERT INTO scarce_stock (sku, product_id, level)
            SELECT NEW.sku, v.product_id, now_is FROM variants v WHERE v.sku = NEW.sku
            ON CONFLICT (sku) DO UPDATE SET level = excluded.level;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER inventory_scarcity_insert AFTER INSERT ON inventory
    FOR EACH ROW WHEN (scarcity(NEW.available, NEW.reorder_point) IS NOT NULL) EXECUTE FUNCTION note_scarcity();
CREATE TRIGGER inventory_scarcity_update AFTER UPDATE ON inventory
    FOR EACH ROW WHEN (scarcity(OLD.available, OLD.reorder_point) IS DISTINCT FROM scarcity(NEW.available, NEW.reorder_point))
    EXECUTE FUNCTION note_scarcity();

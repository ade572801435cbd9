-- Pictures that staff upload: pending until their bytes were looked at, then ready or rejected.

ALTER TABLE product_images
    ADD COLUMN status text NOT NULL DEFAULT 'ready' CHECK (status IN ('pending', 'ready', 'rejected')),
    -- As the uploader named it; NULL for what the loader brought.
    ADD COLUMN filename text CHECK (length(filename) BETWEEN 1 AND 255),
    -- Why it is rejected.
    ADD COLUMN rejection text CHECK (length(rejection) BETWEEN 1 AND 64),
    -- Keys of objects in the images bucket, by size; NULL for what the loader brought, which has one object for all.
    ADD COLUMN renditions jsonb CHECK (jsonb_typeof(renditions) = 'object'),
    -- NULL for what the loader brought.
    ADD COLUMN created_at timestamptz,
    -- Known once it is ready.
    ALTER COLUMN key DROP NOT NULL,
    ALTER COLUMN width DROP NOT NULL,
    ALTER COLUMN height DROP NOT NULL,
    ALTER COLUMN content_type DROP NOT NULL,
    ADD CONSTRAINT product_images_ready CHECK (status <> 'ready' OR num_nulls(key, width, height, content_type) = 0),
    ADD CONSTRAINT product_images_rejected CHECK ((status = 'rejected') = (rejection IS NOT NULL)),
    ADD CONSTRAINT product_images_unfinished CHECK (status = 'ready' OR created_at IS NOT NULL);
-- For the sweep.
CREATE INDEX product_images_unfinished_created_at ON product_images (created_at) WHERE status <> 'ready';

-- Objects that nobody refers to any more, until the worker has removed them.
CREATE TABLE unused_objects (
    bucket text NOT NULL CHECK (bucket IN ('uploads', 'images')),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
    since timestamptz NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE INDEX unused_objects_since ON unused_objects (since);

-- Only pictures that are ready are part of a product.
CREATE OR REPLACE VIEW product_documents AS
SELECT p.id, p.slug, p.name, p.description, p.status, p.tax_class, p.price, p.compare_at_price, p.currency,
       p.attributes, p.version, p.created_at, p.updated_at, p.sort_name,
       coalesce((SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name, 'attributes', v.attributes,
                    'price', coalesce(v.price, p.price), 'barcode', v.barcode, 'weight_grams', v.weight_grams,
                    'available', i.available, 'reorder_point', i.reorder_point) ORDER BY v.position, v.sku)
                 FROM variants v JOIN inventory i ON i.sku = v.sku WHERE v.product_id = p.id), '[]') AS variants,
       coalesce((SELECT json_agg(json_build_object('id', m.id, 'key', m.key, 'alt', m.alt, 'width', m.width,
                    'height', m.height, 'content_type', m.content_type, 'renditions', m.renditions) ORDER BY m.position, m.id)
                 FROM product_images m WHERE m.product_id = p.id AND m.status = 'ready'), '[]') AS images,
       coalesce((SELECT json_agg(json_build_object('id', c.id, 'slug', c.slug, 'name', c.name, 'path', c.path,
                    'version', c.version) ORDER BY c.path)
                 FROM product_categories pc JOIN categories c ON c.id = pc.category_id WHERE pc.product_id = p.id), '[]') AS categories
FROM products p;

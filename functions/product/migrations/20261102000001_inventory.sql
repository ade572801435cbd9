-- Stock, what is promised of it, and the ledger of every change.

CREATE TABLE inventory (
    sku text COLLATE "C" PRIMARY KEY REFERENCES variants (sku),
    on_hand bigint NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000),
    -- Of on_hand, what held reservations have.
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    available bigint NOT NULL GENERATED ALWAYS AS (on_hand - reserved) STORED,
    -- At this many or fewer available the stock is low.
    reorder_point bigint NOT NULL DEFAULT 5 CHECK (reorder_point >= 0),
    CONSTRAINT inventory_never_oversold CHECK (reserved <= on_hand)
) WITH (fillfactor = 50);

-- The id is the order's.
CREATE TABLE reservations (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX reservations_held_expires_at ON reservations (expires_at) WHERE status = 'held';

CREATE TABLE reservation_lines (
    reservation_id uuid NOT NULL REFERENCES reservations (id),
    sku text COLLATE "C" NOT NULL REFERENCES inventory (sku),
    quantity bigint NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    PRIMARY KEY (reservation_id, sku)
);

-- Every change of on_hand: the sum of a sku's rows is its on_hand.
CREATE TABLE inventory_movements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku text COLLATE "C" NOT NULL REFERENCES inventory (sku),
    -- What was added; negative for what left.
    quantity bigint NOT NULL CHECK (quantity <> 0),
    cause text NOT NULL CHECK (cause IN ('load', 'adjust', 'commit', 'return')),
    -- `user:<id>`, `service:<name>` or `system`.
    actor text NOT NULL,
    reservation_id uuid REFERENCES reservations (id),
    occurred_at timestamptz NOT NULL,
    CHECK ((cause IN ('commit', 'return')) = (reservation_id IS NOT NULL))
);
CREATE INDEX inventory_movements_sku ON inventory_movements (sku, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER inventory_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A product as the API shows it: one row with everything that hangs on it, so that a page is one query.
CREATE VIEW product_documents AS
SELECT p.id, p.slug, p.name, p.description, p.status, p.tax_class, p.price, p.compare_at_price, p.currency,
       p.attributes, p.version, p.created_at, p.updated_at, p.sort_name,
       coalesce((SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name, 'attributes', v.attributes,
                    'price', coalesce(v.price, p.price), 'barcode', v.barcode, 'weight_grams', v.weight_grams,
                    'available', i.available, 'reorder_point', i.reorder_point) ORDER BY v.position, v.sku)
                 FROM variants v JOIN inventory i ON i.sku = v.sku WHERE v.product_id = p.id), '[]') AS variants,
       coalesce((SELECT json_agg(json_build_object('id', m.id, 'key', m.key, 'alt', m.alt, 'width', m.width,
                    'height', m.height, 'content_type', m.content_type) ORDER BY m.position, m.id)
                 FROM product_images m WHERE m.product_id = p.id), '[]') AS images,
       coalesce((SELECT json_agg(json_build_object('id', c.id, 'slug', c.slug, 'name', c.name, 'path', c.path,
                    'version', c.version) ORDER BY c.path)
                 FROM product_categories pc JOIN categories c ON c.id = pc.category_id WHERE pc.product_id = p.id), '[]') AS categories
FROM products p;

-- The catalogue: categories, products, their variants and pictures.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE categories (
    id uuid PRIMARY KEY,
    -- In paths beside ids, so it must not look like one.
    slug text COLLATE "C" NOT NULL CONSTRAINT categories_slug_key UNIQUE
        CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100 AND slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    parent_id uuid REFERENCES categories (id),
    -- The slugs from the root down to this one, joined by slashes: what descends from it starts with it.
    path text COLLATE "C" NOT NULL CONSTRAINT categories_path_key UNIQUE,
    position integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (parent_id <> id),
    CHECK (CASE WHEN parent_id IS NULL THEN path = slug ELSE right(path, length(slug) + 1) = '/' || slug END)
);
CREATE INDEX categories_position ON categories (position, slug);
CREATE INDEX categories_parent_id ON categories (parent_id);

CREATE TABLE products (
    id uuid PRIMARY KEY,
    slug text COLLATE "C" NOT NULL CONSTRAINT products_slug_key UNIQUE
        CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100 AND slug NOT IN ('bulk', 'export', 'jobs')
               AND slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text NOT NULL CHECK (length(description) <= 20000),
    status text NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    tax_class text NOT NULL CHECK (tax_class ~ '^[a-z][a-z0-9_]{0,31}$'),
    -- Minor units.
    price bigint NOT NULL CHECK (price BETWEEN 0 AND 1000000000000),
    compare_at_price bigint CHECK (compare_at_price BETWEEN 0 AND 1000000000000),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    -- Of the product with its variants, pictures and categories; stock does not count.
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- For `sort=name`.
    sort_name text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    -- Stems find other forms of a word, whole words (simple) its beginnings.
    search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('simple', name), 'A')
        || setweight(to_tsvector('english', description), 'C') || setweight(to_tsvector('simple', description), 'D')
    ) STORED
);
-- One for each order that a list can have.
CREATE INDEX products_active_created_at ON products (created_at DESC, id DESC) WHERE status = 'active';
CREATE INDEX products_active_price ON products (price, id) WHERE status = 'active';
CREATE INDEX products_active_name ON products (sort_name, id) WHERE status = 'active';
CREATE INDEX products_search ON products USING gin (search);
CREATE INDEX products_name_trigrams ON products USING gin (name gin_trgm_ops);

CREATE TABLE product_categories (
    product_id uuid NOT NULL REFERENCES products (id),
    category_id uuid NOT NULL REFERENCES categories (id),
    PRIMARY KEY (product_id, category_id)
);
CREATE INDEX product_categories_category_id ON product_categories (category_id, product_id);

CREATE TABLE variants (
    id uuid PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES products (id),
    sku text COLLATE "C" NOT NULL CONSTRAINT variants_sku_key UNIQUE CHECK (sku ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    name text NOT NULL CHECK (length(name) <= 200),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    -- NULL: the product's.
    price bigint CHECK (price BETWEEN 0 AND 1000000000000),
    barcode text CHECK (length(barcode) BETWEEN 1 AND 64),
    weight_grams integer CHECK (weight_grams >= 0),
    position integer NOT NULL
);
CREATE INDEX variants_product_id ON variants (product_id, position);

CREATE TABLE product_images (
    id uuid PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES products (id),
    -- The object's key in the images bucket.
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 512),
    alt text NOT NULL CHECK (length(alt) <= 500),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    content_type text NOT NULL CHECK (content_type LIKE 'image/%'),
    position integer NOT NULL,
    UNIQUE (product_id, key)
);

-- Active products whose name has something like `q` in it: for words that no product has. The default threshold of 0.6
-- does not forgive a wrong letter in a word of five.
CREATE FUNCTION similar_products(q text) RETURNS TABLE (id uuid, rank real)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.45
AS $$ SELECT p.id, word_similarity(q, p.name) FROM products p WHERE p.status = 'active' AND q <% p.name $$;

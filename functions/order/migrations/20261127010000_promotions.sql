-- Shipping by weight and by price, tax by region, promotions; and sums that the database adds up too.

-- An equality beside a `<>` in one exclusion constraint.
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE shipping_methods
    DROP CONSTRAINT shipping_methods_kind_check,
    ADD CONSTRAINT shipping_methods_kind_check CHECK (kind IN ('flat', 'weight', 'price')),
    -- [{"up_to": grams or minor units, null for no limit, "price": minor units}], ascending.
    ADD COLUMN tiers jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tiers) = 'array'),
    ADD CONSTRAINT shipping_methods_tiers CHECK ((kind = 'flat') = (tiers = '[]')),
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    DROP CONSTRAINT shipping_methods_code;
CREATE UNIQUE INDEX shipping_methods_code ON shipping_methods (lower(code COLLATE "C"));

ALTER TABLE tax_rates
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Empty: the whole country.
    ADD COLUMN region text NOT NULL DEFAULT '',
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    DROP CONSTRAINT tax_rates_pkey,
    ADD PRIMARY KEY (id),
    -- One country's prices either contain their tax or do not: an order has one of the two.
    ADD CONSTRAINT tax_rates_agree EXCLUDE USING gist (country WITH =, (inclusive::integer) WITH <>);
CREATE UNIQUE INDEX tax_rates_place ON tax_rates (country, lower(region), tax_class);

CREATE TABLE promotions (
    id uuid PRIMARY KEY,
    -- As staff wrote it; a buyer may write it in any case.
    code text NOT NULL CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    kind text NOT NULL CHECK (kind IN ('percent', 'fixed', 'free_shipping')),
    percent_off integer CHECK (percent_off BETWEEN 1 AND 100),
    -- Minor units of the shop's currency.
    amount_off bigint CHECK (amount_off > 0),
    max_redemptions integer CHECK (max_redemptions > 0),
    max_per_customer integer CHECK (max_per_customer > 0),
    starts_at timestamptz,
    ends_at timestamptz,
    -- Orders that have it now: the rows of promotion_redemptions.
    redeemed integer NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT promotions_effect
        CHECK ((kind = 'percent') = (percent_off IS NOT NULL) AND (kind = 'fixed') = (amount_off IS NOT NULL)),
    CONSTRAINT promotions_limit CHECK (redeemed <= max_redemptions),
    CONSTRAINT promotions_dates CHECK (starts_at < ends_at)
);
CREATE UNIQUE INDEX promotions_code ON promotions (lower(code COLLATE "C"));

-- Which orders have which promotion; a row goes when its order is cancelled or expires. Whose it was says the order.
CREATE TABLE promotion_redemptions (
    order_id uuid NOT NULL REFERENCES orders,
    promotion_id uuid NOT NULL REFERENCES promotions ON DELETE CASCADE,
    PRIMARY KEY (order_id, promotion_id)
);
CREATE INDEX promotion_redemptions_promotion ON promotion_redemptions (promotion_id);

ALTER TABLE orders
    -- As they were when the order was placed, whatever became of the promotions.
    ADD COLUMN promotion_codes text[] NOT NULL DEFAULT '{}',
    -- [{"label", "amount"}], as it was shown; NULL for orders from before there were promotions.
    ADD COLUMN explain jsonb;
-- NOT VALID: older rows need not be read under the lock; what is written from now on is checked.
ALTER TABLE orders ADD CONSTRAINT orders_add_up CHECK (grand_total = lines_total - discount_total + shipping_total
    + CASE WHEN prices_include_tax THEN 0 ELSE tax_total END) NOT VALID;
ALTER TABLE order_lines ADD CONSTRAINT order_lines_add_up CHECK (total = unit_price * quantity - discount) NOT VALID;

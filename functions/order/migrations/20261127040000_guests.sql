-- Orders of buyers without an account.

ALTER TABLE orders
    -- NULL: a guest's, until an account of the same address takes it over.
    ALTER COLUMN user_id DROP NOT NULL,
    -- A guest's address as it was written, and as it is compared. Both stay when an account takes the order over.
    ADD COLUMN guest_email text,
    ADD COLUMN guest_email_normalised text,
    -- The language a guest is written to in, BCP 47.
    ADD COLUMN guest_locale text,
    -- SHA-256 of the token that makes a guest's order its bearer's own, and until when it does.
    ADD COLUMN order_token_hash bytea,
    ADD COLUMN order_token_expires_at timestamptz,
    -- Whose cart was ordered, as its table names them; NULL: the request named its lines, or the buyer has an account and
    -- ordered before there were guests.
    ADD COLUMN cart_owner text,
    -- NOT VALID, as all older rows have a user and need not be read under the lock; what is written from now on is checked.
    ADD CONSTRAINT orders_buyer CHECK
        (user_id IS NOT NULL OR guest_email IS NOT NULL OR anonymised_at IS NOT NULL) NOT VALID,
    ADD CONSTRAINT orders_anonymised_guest CHECK
        (anonymised_at IS NULL OR (guest_email IS NULL AND guest_locale IS NULL AND order_token_hash IS NULL)) NOT VALID,
    ADD CONSTRAINT orders_guest CHECK
        ((guest_email IS NULL) = (guest_email_normalised IS NULL)
         AND (order_token_hash IS NULL) = (order_token_expires_at IS NULL)
         AND (order_token_hash IS NULL OR octet_length(order_token_hash) = 32)) NOT VALID;
CREATE INDEX orders_guest_email ON orders (guest_email_normalised, id DESC) WHERE guest_email_normalised IS NOT NULL;

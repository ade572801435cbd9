-- Erasure: when an account goes, so does what orders hold of the person.

-- When the personal fields of both addresses and the note were removed.
ALTER TABLE orders ADD COLUMN anonymised_at timestamptz;
-- Only an order that has ended: any other still needs its address. NOT VALID, since all older rows are NULL here and need
-- not be read under the lock; what is written from now on is checked.
ALTER TABLE orders ADD CONSTRAINT orders_anonymised
    CHECK (anonymised_at IS NULL OR (note IS NULL AND status IN ('delivered', 'cancelled', 'expired'))) NOT VALID;

-- Erased users, for as long as an order of theirs holds something personal or a late request may still add one.
CREATE TABLE erasures (
    user_id uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL
);

-- Money that goes back, parcels, and what does not agree with a provider. The sums here are derived by triggers: whoever
-- writes a refund or a parcel cannot forget them, and a CHECK refuses what would be too much.

ALTER TABLE refunds
    -- When the money was back.
    ADD COLUMN done_at timestamptz,
    ADD CONSTRAINT refunds_restock CHECK (NOT restock OR lines IS NOT NULL);
UPDATE refunds SET done_at = coalesce(updated_at, created_at) WHERE status = 'done';

ALTER TABLE payments
    -- What refunds have of it that did not fail: asked for, under way or done.
    ADD COLUMN refund_reserved bigint NOT NULL DEFAULT 0;
CREATE FUNCTION derive_refunded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(sum(r.amount) FILTER (WHERE r.status = 'done'), 0),
           coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed'), 0)
        INTO NEW.refunded, NEW.refund_reserved FROM refunds r WHERE r.payment_id = NEW.id;
    IF NEW.status IN ('captured', 'refunded') AND NEW.captured > 0 THEN
        NEW.status := CASE WHEN NEW.refunded = NEW.captured THEN 'refunded' ELSE 'captured' END;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payments_refunded BEFORE UPDATE OF refunded, refund_reserved ON payments
    FOR EACH ROW EXECUTE FUNCTION derive_refunded();
UPDATE payments SET refunded = refunded WHERE id IN (SELECT payment_id FROM refunds);
ALTER TABLE payments
    ADD CONSTRAINT payments_never_over_refunded CHECK (refund_reserved BETWEEN refunded AND captured);

ALTER TABLE order_lines
    -- Of refunds that did not fail, and of those the ones whose goods go back on the shelf.
    ADD COLUMN refunded_quantity integer NOT NULL DEFAULT 0,
    ADD COLUMN restocked_quantity integer NOT NULL DEFAULT 0,
    -- Of parcels.
    ADD COLUMN shipped_quantity integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_lines_never_over_refunded CHECK (refunded_quantity BETWEEN 0 AND quantity),
    ADD CONSTRAINT order_lines_restocked CHECK (restocked_quantity BETWEEN 0 AND refunded_quantity),
    ADD CONSTRAINT order_lines_never_over_shipped CHECK (shipped_quantity BETWEEN 0 AND quantity);

-- Goods that went back on the shelf stay there when the provider says later that the money did not arrive after all: such a
-- refund counts for its lines though not for its payment.
CREATE FUNCTION carry_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments p SET refunded = p.refunded, updated_at = greatest(p.updated_at, NEW.updated_at, NEW.created_at)
        WHERE p.id = NEW.payment_id;
    IF NEW.lines IS NOT NULL THEN
        UPDATE order_lines l SET refunded_quantity = s.refunded, restocked_quantity = s.restocked
        FROM (SELECT (e.line->>'line_id')::uuid AS line_id,
                     coalesce(sum((e.line->>'quantity')::integer) FILTER (WHERE e.counts), 0) AS refunded,
                     coalesce(sum((e.line->>'quantity')::integer) FILTER (WHERE e.counts AND e.restock), 0) AS restocked
              FROM (SELECT jsonb_array_elements(r.lines) AS line, r.restock,
                           r.status <> 'failed' OR (r.restock AND r.done_at IS NOT NULL) AS counts
                    FROM refunds r JOIN payments p ON p.id = r.payment_id
                    WHERE p.order_id = (SELECT own.order_id FROM payments own WHERE own.id = NEW.payment_id)
                      AND r.lines IS NOT NULL) e
              GROUP BY 1) s
        WHERE l.id = s.line_id AND (l.refunded_quantity, l.restocked_quantity) IS DISTINCT FROM (s.refunded, s.restocked);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER refunds_carried AFTER INSERT OR UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION carry_refund();

CREATE TABLE shipments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    carrier text CHECK (length(carrier) BETWEEN 1 AND 100),
    tracking_number text CHECK (length(tracking_number) BETWEEN 1 AND 100),
    tracking_url text CHECK (length(tracking_url) BETWEEN 1 AND 2000),
    -- `user:<id>`
    actor text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX shipments_order ON shipments (order_id);
CREATE TABLE shipment_lines (
    shipment_id uuid NOT NULL REFERENCES shipments,
    line_id uuid NOT NULL REFERENCES order_lines,
    quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, line_id)
);
CREATE INDEX shipment_lines_line ON shipment_lines (line_id);
CREATE FUNCTION carry_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE order_lines l SET shipped_quantity =
        (SELECT coalesce(sum(s.quantity), 0) FROM shipment_lines s WHERE s.line_id = l.id)
    WHERE l.id IN (NEW.line_id, OLD.line_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER shipment_lines_carried AFTER INSERT OR UPDATE OR DELETE ON shipment_lines
    FOR EACH ROW EXECUTE FUNCTION carry_shipment();

-- The third axis. What was put back before it was shipped is not to be shipped; what was put back beyond that had been
-- shipped, and came back.
CREATE FUNCTION fulfilment_of(p_order uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN sum(l.shipped_quantity) = 0 THEN 'unfulfilled'
                WHEN bool_or(l.shipped_quantity + l.restocked_quantity < l.quantity) THEN 'partial'
                WHEN bool_and(l.restocked_quantity = l.quantity) THEN 'returned'
                ELSE 'fulfilled' END
    FROM order_lines l WHERE l.order_id = p_order
$$;
ALTER TABLE orders
    ADD COLUMN fulfilment_status text NOT NULL DEFAULT 'unfulfilled'
        CHECK (fulfilment_status IN ('unfulfilled', 'partial', 'fulfilled', 'returned'));
CREATE FUNCTION carry_fulfilment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o SET fulfilment_status = fulfilment_of(o.id)
        WHERE o.id = NEW.order_id AND o.fulfilment_status <> fulfilment_of(o.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER order_lines_carried AFTER UPDATE OF shipped_quantity, restocked_quantity ON order_lines
    FOR EACH ROW EXECUTE FUNCTION carry_fulfilment();

-- The second axis, as domain::payment::PaymentStatus::public has it (a test compares them): the filter of the list.
CREATE FUNCTION payment_status(p_status text, p_refunded bigint, p_disputed bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_status = 'created' THEN 'processing'
                WHEN p_status IN ('captured', 'refunded') AND p_disputed > 0 THEN 'disputed'
                WHEN p_status = 'captured' AND p_refunded > 0 THEN 'partially_refunded'
                ELSE p_status END
$$;
CREATE INDEX payments_public_status ON payments (payment_status(status, refunded, disputed), order_id DESC);
CREATE INDEX orders_status ON orders (status, id DESC);
CREATE INDEX orders_fulfilment_status ON orders (fulfilment_status, id DESC);

-- What came first in an order's history: its version then. Ids of one millisecond, or of clocks that differ, do not tell.
ALTER TABLE order_events ADD COLUMN version bigint;
CREATE FUNCTION number_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT o.version INTO NEW.version FROM orders o WHERE o.id = NEW.order_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER order_events_numbered BEFORE INSERT ON order_events FOR EACH ROW EXECUTE FUNCTION number_event();

-- A parcel's number leads to the recipient's door: it goes with the address, from its row and from the history.
CREATE FUNCTION forget_tracking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shipments SET tracking_number = NULL, tracking_url = NULL WHERE order_id = NEW.id;
    UPDATE order_events SET data = data - 'tracking' WHERE order_id = NEW.id AND data ? 'tracking';
    RETURN NULL;
END
$$;
CREATE TRIGGER orders_tracking_forgotten AFTER UPDATE OF anonymised_at ON orders
    FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL AND OLD.anonymised_at IS NULL) EXECUTE FUNCTION forget_tracking();

CREATE INDEX refunds_failed ON refunds (payment_id) WHERE status = 'failed';
CREATE INDEX payment_discrepancies_listed ON payment_discrepancies (id) WHERE resolved_at IS NULL;

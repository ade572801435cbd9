-- Stock that people change, what stock tells others, and reservations made many at once.

ALTER TABLE inventory
    -- Raised by every change; the ETag.
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    -- Raised by adjustments and counts, and by nothing that orders do: what a count is compared with.
    ADD COLUMN count_version bigint NOT NULL DEFAULT 1;

ALTER TABLE inventory_movements
    -- What people say about an adjustment or a count.
    ADD COLUMN reason text CHECK (length(reason) BETWEEN 1 AND 200),
    -- Of the request that made it, so that its retry finds it.
    ADD COLUMN operation_id uuid,
    DROP CONSTRAINT inventory_movements_cause_check,
    ADD CONSTRAINT inventory_movements_cause_check CHECK (cause IN ('load', 'adjust', 'count', 'commit', 'return')),
    ADD CONSTRAINT inventory_movements_has_reason CHECK (cause NOT IN ('adjust', 'count') OR reason IS NOT NULL);
CREATE UNIQUE INDEX inventory_movements_operation_id ON inventory_movements (operation_id) WHERE operation_id IS NOT NULL;

-- A sku as staff see it. The variant is named only where there are several to tell apart.
CREATE VIEW inventory_items AS
SELECT i.sku, p.id AS product_id,
       CASE WHEN v.name <> '' AND EXISTS (SELECT 1 FROM variants o WHERE o.product_id = p.id AND o.id <> v.id)
            THEN p.name || ' – ' || v.name ELSE p.name END AS name,
       i.on_hand, i.reserved, i.available, i.reorder_point, i.count_version, i.version
FROM inventory i JOIN variants v ON v.sku = i.sku JOIN products p ON p.id = v.product_id;

CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER inventory_version BEFORE UPDATE ON inventory FOR EACH ROW EXECUTE FUNCTION raise_version();

-- A UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then a random UUID with another version.
CREATE FUNCTION new_event_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- Writes an event about a sku to the outbox, and remembers its type until the transaction ends. The envelope is that of
-- cartwright_contracts::Envelope, the data that of the events of its type; a test reads both back.
CREATE FUNCTION tell_of_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    event_type text := TG_ARGV[0];
    event_id uuid := new_event_id();
BEGIN
    INSERT INTO outbox (id, destination_kind, destination, body, attributes)
        SELECT event_id, 'topic', 'domain-events',
               json_build_object('id', event_id, 'type', event_type, 'version', 1,
                   'occurred_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   'aggregate', json_build_object('kind', 'inventory', 'id', v.id, 'version', NEW.version),
                   'actor', 'system', 'trace', json_build_object(),
                   'data', json_build_object('sku', NEW.sku, 'product_id', v.product_id, 'available', NEW.available,
                       'reorder_point', NEW.reorder_point))::text,
               jsonb_build_array(jsonb_build_array('event_type', event_type), jsonb_build_array('aggregate_kind', 'inventory'))
        FROM variants v WHERE v.sku = NEW.sku;
    PERFORM set_config('cartwright.told', concat_ws(',', nullif(current_setting('cartwright.told', true), ''), event_type), true);
    RETURN NULL;
END
$$;
-- Once a crossing, whoever makes it. An update that crosses nothing pays for two comparisons.
CREATE TRIGGER inventory_low AFTER UPDATE ON inventory FOR EACH ROW
    WHEN (OLD.available > OLD.reorder_point AND NEW.available <= NEW.reorder_point)
    EXECUTE FUNCTION tell_of_stock('inventory.low');
CREATE TRIGGER inventory_back_in_stock AFTER UPDATE ON inventory FOR EACH ROW
    WHEN (OLD.available = 0 AND NEW.available > 0)
    EXECUTE FUNCTION tell_of_stock('inventory.back_in_stock');

-- The types of the events that this transaction has written so far.
CREATE FUNCTION told_events() RETURNS text[] LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(string_to_array(nullif(current_setting('cartwright.told', true), ''), ','), '{}')
$$;

-- Decides many reservations in turn, each all lines or none, in one transaction. Reservation n has the lines up to
-- p_ends[n] that are not those of the one before; a line's place is that of its sku in p_skus, which names each once.
-- `made[n]`: it is held now; `known[n]`: the id was there already. Neither: its `shortages`, with `at` = n.
--
-- Locks as `reserve_stock` does. Ids go in sorted, so that two that bring the same ones cannot wait in a circle.
CREATE FUNCTION reserve_many(
    p_ids uuid[], p_expires_at timestamptz[], p_ends integer[],
    p_skus text[], p_places integer[], p_quantities bigint[], p_now timestamptz,
    OUT made boolean[], OUT known boolean[], OUT shortages json
) LANGUAGE plpgsql AS $$
DECLARE
    available bigint[];
    taken bigint[] := array_fill(0::bigint, ARRAY[cardinality(p_skus)]);
    there uuid[];
    -- The reservations that are made, and where each of their lines is.
    made_at integer[] := '{}';
    -- The lines that are short, with their reservation and what there was.
    short_at integer[] := '{}';
    short_line integer[] := '{}';
    short_available bigint[] := '{}';
    first integer := 1;
    is_short boolean;
    written bigint;
BEGIN
    PERFORM 1 FROM inventory i WHERE i.sku = ANY (p_skus) ORDER BY i.sku FOR UPDATE;
    available := ARRAY(
        SELECT coalesce(s.available, 0)
        FROM unnest(p_skus) WITH ORDINALITY AS w (sku, place)
        LEFT JOIN (SELECT i.sku, i.available FROM inventory i JOIN variants v ON v.sku = i.sku
                   JOIN products p ON p.id = v.product_id WHERE p.status = 'active' AND i.sku = ANY (p_skus)) s ON s.sku = w.sku
        ORDER BY w.place);
    there := ARRAY(SELECT r.id FROM reservations r WHERE r.id = ANY (p_ids));
    FOR n IN 1 .. cardinality(p_ids) LOOP
        made[n] := false;
        known[n] := p_ids[n] = ANY (there);
        IF NOT known[n] THEN
            is_short := false;
            FOR line IN first .. p_ends[n] LOOP
                IF available[p_places[line]] < p_quantities[line] THEN
                    is_short := true;
                    short_at := short_at || n;
                    short_line := short_line || line;
                    short_available := short_available || available[p_places[line]];
                END IF;
            END LOOP;
            IF NOT is_short THEN
                FOR line IN first .. p_ends[n] LOOP
                    available[p_places[line]] := available[p_places[line]] - p_quantities[line];
                    taken[p_places[line]] := taken[p_places[line]] + p_quantities[line];
                END LOOP;
                made[n] := true;
                made_at := made_at || n;
                there := there || p_ids[n];
            END IF;
        END IF;
        first := p_ends[n] + 1;
    END LOOP;
    IF cardinality(made_at) > 0 THEN
        INSERT INTO reservations (id, status, expires_at, created_at, updated_at)
            SELECT p_ids[m.n], 'held', p_expires_at[m.n], p_now, p_now FROM unnest(made_at) AS m (n)
            ORDER BY p_ids[m.n] ON CONFLICT (id) DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written < cardinality(made_at) THEN
            RAISE EXCEPTION 'a reservation was made elsewhere meanwhile' USING ERRCODE = 'serialization_failure';
        END IF;
        INSERT INTO reservation_lines (reservation_id, sku, quantity)
            SELECT p_ids[m.n], p_skus[p_places[l.line]], p_quantities[l.line]
            FROM unnest(made_at) AS m (n)
            CROSS JOIN LATERAL generate_series(coalesce(p_ends[m.n - 1], 0) + 1, p_ends[m.n]) AS l (line);
        UPDATE inventory i SET reserved = i.reserved + w.taken
            FROM unnest(p_skus, taken) AS w (sku, taken) WHERE i.sku = w.sku AND w.taken > 0;
    END IF;
    SELECT json_agg(json_build_object('at', s.n, 'sku', p_skus[p_places[s.line]], 'requested', p_quantities[s.line],
                                      'available', s.available) ORDER BY s.n, p_skus[p_places[s.line]])
        INTO shortages FROM unnest(short_at, short_line, short_available) AS s (n, line, available);
END
$$;

-- Sells what is reserved, many at once: for each id what `commit_stock` does. `status` and `expires_at` as they were before;
-- with `shortages` nothing was written for it. An id of no reservation has no row.
CREATE FUNCTION commit_many(p_ids uuid[], p_actors text[], p_now timestamptz)
    RETURNS TABLE (id uuid, status text, expires_at timestamptz, shortages json) LANGUAGE plpgsql AS $$
DECLARE
    held uuid[];
    gone_back uuid[];
BEGIN
    PERFORM 1 FROM reservations r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE;
    PERFORM 1 FROM inventory i WHERE i.sku IN (
            SELECT l.sku FROM reservations r JOIN reservation_lines l ON l.reservation_id = r.id
            WHERE r.id = ANY (p_ids) AND r.status <> 'committed')
        ORDER BY i.sku FOR UPDATE OF i;
    held := ARRAY(SELECT r.id FROM reservations r WHERE r.id = ANY (p_ids) AND r.status = 'held');
    gone_back := ARRAY(SELECT r.id FROM reservations r WHERE r.id = ANY (p_ids) AND r.status IN ('released', 'expired') ORDER BY r.id);
    RETURN QUERY SELECT r.id, r.status, r.expires_at, NULL::json FROM reservations r
        WHERE r.id = ANY (p_ids) AND r.status IN ('held', 'committed');
    IF cardinality(held) > 0 THEN
        UPDATE inventory i SET on_hand = i.on_hand - s.quantity, reserved = i.reserved - s.quantity
            FROM (SELECT l.sku, sum(l.quantity)::bigint AS quantity FROM reservation_lines l
                  WHERE l.reservation_id = ANY (held) GROUP BY l.sku) s
            WHERE i.sku = s.sku;
        INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
            SELECT l.sku, -l.quantity, 'commit', p_actors[array_position(p_ids, l.reservation_id)], l.reservation_id, p_now
            FROM reservation_lines l WHERE l.reservation_id = ANY (held);
        UPDATE reservations r SET status = 'committed', updated_at = p_now WHERE r.id = ANY (held);
    END IF;
    -- One after the other: each may leave too little for the next.
    FOR n IN 1 .. cardinality(gone_back) LOOP
        RETURN QUERY SELECT gone_back[n], c.status, c.expires_at, c.shortages
            FROM commit_stock(gone_back[n], p_actors[array_position(p_ids, gone_back[n])], p_now) c;
    END LOOP;
END
$$;

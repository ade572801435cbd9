-- What reservations do to stock: a function an operation, so that stock rows are locked for one round trip and its commit.
--
-- Each locks first, in one order for all (the reservation, then inventory rows by sku), and decides only in the statements
-- after that: in READ COMMITTED every statement of a function sees what others committed while it waited, which the parts
-- of one large statement do not. Two of them can wait for each other, but never in a circle.

-- Holds all lines or none. `shortages`: the lines that cannot be had. Neither made nor short: the id was there already.
CREATE FUNCTION reserve_stock(
    p_id uuid, p_skus text[], p_quantities bigint[], p_expires_at timestamptz, p_now timestamptz,
    OUT made boolean, OUT shortages json
) LANGUAGE plpgsql AS $$
BEGIN
    made := false;
    PERFORM 1 FROM inventory i WHERE i.sku = ANY (p_skus) ORDER BY i.sku FOR UPDATE;
    SELECT json_agg(json_build_object('sku', w.sku, 'requested', w.quantity, 'available', coalesce(s.available, 0)) ORDER BY w.sku)
        INTO shortages
        FROM unnest(p_skus, p_quantities) AS w (sku, quantity)
        LEFT JOIN (SELECT i.sku, i.available FROM inventory i JOIN variants v ON v.sku = i.sku
                   JOIN products p ON p.id = v.product_id WHERE p.status = 'active') s ON s.sku = w.sku
        WHERE coalesce(s.available, 0) < w.quantity;
    IF shortages IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO reservations (id, status, expires_at, created_at, updated_at)
        VALUES (p_id, 'held', p_expires_at, p_now, p_now) ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO reservation_lines (reservation_id, sku, quantity)
        SELECT p_id, w.sku, w.quantity FROM unnest(p_skus, p_quantities) AS w (sku, quantity);
    UPDATE inventory i SET reserved = i.reserved + w.quantity
        FROM unnest(p_skus, p_quantities) AS w (sku, quantity) WHERE i.sku = w.sku;
    made := true;
END
$$;

-- Sells what is reserved; what went back is taken again if all of it is there. `status` and `expires_at` as they were
-- before, NULL when there is no such reservation; with `shortages` nothing was written.
CREATE FUNCTION commit_stock(
    p_id uuid, p_actor text, p_now timestamptz, OUT status text, OUT expires_at timestamptz, OUT shortages json
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT r.status, r.expires_at INTO status, expires_at FROM reservations r WHERE r.id = p_id FOR UPDATE;
    IF status IS NULL OR status = 'committed' THEN
        RETURN;
    END IF;
    PERFORM 1 FROM inventory i JOIN reservation_lines l ON l.sku = i.sku WHERE l.reservation_id = p_id
        ORDER BY i.sku FOR UPDATE OF i;
    IF status <> 'held' THEN
        SELECT json_agg(json_build_object('sku', l.sku, 'requested', l.quantity, 'available', i.available) ORDER BY l.sku)
            INTO shortages
            FROM reservation_lines l JOIN inventory i ON i.sku = l.sku
            WHERE l.reservation_id = p_id AND i.available < l.quantity;
        IF shortages IS NOT NULL THEN
            RETURN;
        END IF;
    END IF;
    UPDATE inventory i SET on_hand = i.on_hand - l.quantity,
            reserved = i.reserved - CASE WHEN commit_stock.status = 'held' THEN l.quantity ELSE 0 END
        FROM reservation_lines l WHERE l.reservation_id = p_id AND i.sku = l.sku;
    INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
        SELECT l.sku, -l.quantity, 'commit', p_actor, p_id, p_now FROM reservation_lines l WHERE l.reservation_id = p_id;
    UPDATE reservations r SET status = 'committed', updated_at = p_now WHERE r.id = p_id;
END
$$;

-- Gives stock back when the reservation's status is one of `p_from`: what is held becomes available, what is sold returns
-- to the shelf. `status` and `expires_at` as they were before, NULL when there is no such reservation.
CREATE FUNCTION give_back_stock(
    p_id uuid, p_from text[], p_actor text, p_now timestamptz, OUT status text, OUT expires_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT r.status, r.expires_at INTO status, expires_at FROM reservations r WHERE r.id = p_id FOR UPDATE;
    IF status IS NULL OR status <> ALL (p_from) THEN
        RETURN;
    END IF;
    PERFORM 1 FROM inventory i JOIN reservation_lines l ON l.sku = i.sku WHERE l.reservation_id = p_id
        ORDER BY i.sku FOR UPDATE OF i;
    IF status = 'committed' THEN
        UPDATE inventory i SET on_hand = i.on_hand + l.quantity
            FROM reservation_lines l WHERE l.reservation_id = p_id AND i.sku = l.sku;
        INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
            SELECT l.sku, l.quantity, 'return', p_actor, p_id, p_now FROM reservation_lines l WHERE l.reservation_id = p_id;
    ELSE
        UPDATE inventory i SET reserved = i.reserved - l.quantity
            FROM reservation_lines l WHERE l.reservation_id = p_id AND i.sku = l.sku;
    END IF;
    UPDATE reservations r SET status = 'released', updated_at = p_now WHERE r.id = p_id;
END
$$;

-- Gives back what up to `p_limit` overdue reservations hold; how many there were. Those that somebody is at are left to
-- the next round.
CREATE FUNCTION expire_reservations(p_now timestamptz, p_limit bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT r.id FROM reservations r WHERE r.status = 'held' AND r.expires_at <= p_now
                        ORDER BY r.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
BEGIN
    PERFORM 1 FROM inventory i WHERE i.sku IN (SELECT l.sku FROM reservation_lines l WHERE l.reservation_id = ANY (ids))
        ORDER BY i.sku FOR UPDATE OF i;
    UPDATE inventory i SET reserved = i.reserved - b.quantity
        FROM (SELECT l.sku, sum(l.quantity) AS quantity FROM reservation_lines l WHERE l.reservation_id = ANY (ids) GROUP BY l.sku) b
        WHERE i.sku = b.sku;
    UPDATE reservations r SET status = 'expired', updated_at = p_now WHERE r.id = ANY (ids);
    RETURN cardinality(ids);
END
$$;

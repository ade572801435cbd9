-- An order that is over takes no stock again, and single pieces of one that was sold come back.

ALTER TABLE reservations
    -- When its order was over. A commit that comes later (the money arrived while the order was being cancelled) is refused.
    ADD COLUMN ended_at timestamptz;
ALTER TABLE reservation_lines
    -- Of what was sold, what came back.
    ADD COLUMN returned bigint NOT NULL DEFAULT 0
        CONSTRAINT reservation_lines_returned CHECK (returned BETWEEN 0 AND quantity);

-- As before, but of sold stock only what has not come back yet.
CREATE OR REPLACE FUNCTION give_back_stock(
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
        UPDATE inventory i SET on_hand = i.on_hand + l.quantity - l.returned
            FROM reservation_lines l WHERE l.reservation_id = p_id AND i.sku = l.sku AND l.returned < l.quantity;
        INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
            SELECT l.sku, l.quantity - l.returned, 'return', p_actor, p_id, p_now FROM reservation_lines l
            WHERE l.reservation_id = p_id AND l.returned < l.quantity;
        UPDATE reservation_lines l SET returned = l.quantity WHERE l.reservation_id = p_id;
    ELSE
        UPDATE inventory i SET reserved = i.reserved - l.quantity
            FROM reservation_lines l WHERE l.reservation_id = p_id AND i.sku = l.sku;
    END IF;
    UPDATE reservations r SET status = 'released', updated_at = p_now WHERE r.id = p_id;
END
$$;

-- Gives back whatever the reservation has, held or sold, and keeps it from taking anything again. As `give_back_stock`.
CREATE FUNCTION end_reservation(
    p_id uuid, p_actor text, p_now timestamptz, OUT status text, OUT expires_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT g.status, g.expires_at INTO status, expires_at
        FROM give_back_stock(p_id, ARRAY['held', 'committed'], p_actor, p_now) g;
    UPDATE reservations r SET ended_at = p_now WHERE r.id = p_id AND r.ended_at IS NULL;
END
$$;

-- Puts pieces of a sold reservation back on the shelf: of each sku at most what has not come back yet. Nothing when it is
-- not sold, or not any more.
CREATE FUNCTION return_stock(p_id uuid, p_skus text[], p_quantities bigint[], p_actor text, p_now timestamptz)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM reservations r WHERE r.id = p_id AND r.status = 'committed' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM 1 FROM inventory i WHERE i.sku = ANY (p_skus) ORDER BY i.sku FOR UPDATE;
    WITH back AS (
        SELECT l.sku, least(sum(w.quantity), l.quantity - l.returned)::bigint AS quantity
        FROM unnest(p_skus, p_quantities) AS w (sku, quantity)
        JOIN reservation_lines l ON l.reservation_id = p_id AND l.sku = w.sku
        WHERE w.quantity > 0 AND l.returned < l.quantity
        GROUP BY l.sku, l.quantity, l.returned
    ), lines AS (
        UPDATE reservation_lines l SET returned = l.returned + b.quantity
        FROM back b WHERE l.reservation_id = p_id AND l.sku = b.sku
    ), stock AS (
        UPDATE inventory i SET on_hand = i.on_hand + b.quantity FROM back b WHERE i.sku = b.sku
    )
    INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
        SELECT b.sku, b.quantity, 'return', p_actor, p_id, p_now FROM back b;
END
$$;

-- As before, but not for a reservation that has ended: nothing is written for it.
CREATE OR REPLACE FUNCTION commit_stock(
    p_id uuid, p_actor text, p_now timestamptz, OUT status text, OUT expires_at timestamptz, OUT shortages json
) LANGUAGE plpgsql AS $$
DECLARE
    ended timestamptz;
BEGIN
    SELECT r.status, r.expires_at, r.ended_at INTO status, expires_at, ended FROM reservations r WHERE r.id = p_id FOR UPDATE;
    IF status IS NULL OR status = 'committed' OR ended IS NOT NULL THEN
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

-- As before; `ended`: its order is over, nothing was written for it.
DROP FUNCTION commit_many(uuid[], text[], timestamptz);
CREATE FUNCTION commit_many(p_ids uuid[], p_actors text[], p_now timestamptz)
    RETURNS TABLE (id uuid, status text, expires_at timestamptz, shortages json, ended boolean) LANGUAGE plpgsql AS $$
DECLARE
    held uuid[];
    gone_back uuid[];
BEGIN
    PERFORM 1 FROM reservations r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE;
    PERFORM 1 FROM inventory i WHERE i.sku IN (
            SELECT l.sku FROM reservations r JOIN reservation_lines l ON l.reservation_id = r.id
            WHERE r.id = ANY (p_ids) AND r.status <> 'committed' AND r.ended_at IS NULL)
        ORDER BY i.sku FOR UPDATE OF i;
    held := ARRAY(SELECT r.id FROM reservations r WHERE r.id = ANY (p_ids) AND r.status = 'held');
    gone_back := ARRAY(SELECT r.id FROM reservations r WHERE r.id = ANY (p_ids) AND r.status IN ('released', 'expired')
                         AND r.ended_at IS NULL ORDER BY r.id);
    RETURN QUERY SELECT r.id, r.status, r.expires_at, NULL::json, r.ended_at IS NOT NULL FROM reservations r
        WHERE r.id = ANY (p_ids) AND (r.status IN ('held', 'committed') OR r.ended_at IS NOT NULL);
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
        RETURN QUERY SELECT gone_back[n], c.status, c.expires_at, c.shortages, false
            FROM commit_stock(gone_back[n], p_actors[array_position(p_ids, gone_back[n])], p_now) c;
    END LOOP;
END
$$;

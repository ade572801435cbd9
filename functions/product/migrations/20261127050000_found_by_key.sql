-- These find rows by their keys, always. A plan that is made once, before there are statistics and for arrays of any length, took a
-- few thousand rows to be cheaper read whole: all variants and all reservations were read for each order, which was most of what
-- an order cost PostgreSQL, and grew with their number.

-- Decides many reservations in turn, each all lines or none, in one transaction. Reservation n has the lines up to
-- p_ends[n] that are not those of the one before; a line's place is that of its sku in p_skus, which names each once.
-- `made[n]`: it is held now; `known[n]`: the id was there already. Neither: its `shortages`, with `at` = n.
--
-- Locks as `reserve_stock` does. Ids go in sorted, so that two that bring the same ones cannot wait in a circle.
CREATE OR REPLACE FUNCTION reserve_many(
    p_ids uuid[], p_expires_at timestamptz[], p_ends integer[],
    p_skus text[], p_places integer[], p_quantities bigint[], p_now timestamptz,
    OUT made boolean[], OUT known boolean[], OUT shortages json
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
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
        SELECT coalesce((SELECT i.available FROM inventory i JOIN variants v ON v.sku = i.sku
                         JOIN products p ON p.id = v.product_id WHERE i.sku = w.sku AND p.status = 'active'), 0)
        FROM unnest(p_skus) WITH ORDINALITY AS w (sku, place) ORDER BY w.place);
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

ALTER FUNCTION commit_many(uuid[], text[], timestamptz) SET enable_seqscan = off;
ALTER FUNCTION commit_many(uuid[], text[], timestamptz) SET enable_hashjoin = off;
ALTER FUNCTION commit_many(uuid[], text[], timestamptz) SET enable_mergejoin = off;
ALTER FUNCTION commit_many(uuid[], text[], timestamptz) SET jit = off;
ALTER FUNCTION quotes(text[]) SET enable_seqscan = off;
ALTER FUNCTION quotes(text[]) SET enable_hashjoin = off;
ALTER FUNCTION quotes(text[]) SET enable_mergejoin = off;
ALTER FUNCTION quotes(text[]) SET jit = off;

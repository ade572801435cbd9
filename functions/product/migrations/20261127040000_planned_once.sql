-- What these do is the same for any skus and ids: planned once for a connection. PostgreSQL would plan again at each call, since
-- for an array of two it thinks a plan of its own cheaper than one for arrays of any length, and planning takes most of the time.
ALTER FUNCTION reserve_many(uuid[], timestamptz[], integer[], text[], integer[], bigint[], timestamptz)
    SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION commit_many(uuid[], text[], timestamptz) SET plan_cache_mode = force_generic_plan;

-- What of some skus is for sale. The variant is named only where there are several to tell apart.
CREATE FUNCTION quotes(p_skus text[])
    RETURNS TABLE (sku text, product_id uuid, name text, price bigint, currency text, tax_class text, weight_grams integer,
                   available bigint)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
        SELECT v.sku, p.id,
               CASE WHEN v.name <> '' AND EXISTS (SELECT 1 FROM variants o WHERE o.product_id = p.id AND o.id <> v.id)
                    THEN p.name || ' – ' || v.name ELSE p.name END,
               coalesce(v.price, p.price), p.currency::text, p.tax_class, v.weight_grams, i.available
        FROM variants v JOIN products p ON p.id = v.product_id JOIN inventory i ON i.sku = v.sku
        WHERE v.sku = ANY (p_skus) AND p.status = 'active';
END
$$;

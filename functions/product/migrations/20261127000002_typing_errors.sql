-- Whether a text has a word that nothing in the catalogue has: only then it may be mistyped, and names are worth comparing,
-- which costs a hundred times as much. Without the index this would read the whole table for each such word.
CREATE FUNCTION has_unknown_word(configuration regconfig, q text) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off
AS $$
    SELECT EXISTS (SELECT FROM unnest(tsvector_to_array(to_tsvector(configuration, plain(q)))) AS w (lexeme)
                   WHERE NOT EXISTS (SELECT FROM products p WHERE p.words @@ plainto_tsquery('pg_catalog.simple', w.lexeme)))
$$;

-- As before, with each name made plain once, and not for every function; and so few that nobody joins them with all products.
CREATE OR REPLACE FUNCTION products_like(q text) RETURNS TABLE (id uuid, rank real)
LANGUAGE sql STABLE ROWS 20 SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT l.id, (word_similarity(l.q, l.name) + similarity(l.q, l.name) / 4)::real
    FROM (SELECT p.id, plain(lower(p.name)) AS name, plain(lower(products_like.q)) AS q FROM products p
          WHERE plain(lower(products_like.q)) <% plain(lower(p.name)) OFFSET 0) l
$$;

-- Search in several languages, filters by attributes, and what changes of the catalogue need.

CREATE EXTENSION IF NOT EXISTS unaccent;

-- unaccent() itself is only STABLE, because its rules may be changed; these are not.
CREATE FUNCTION plain(input text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT public.unaccent('public.unaccent'::regdictionary, input) $$;

-- Every word of a text as it stands and by its stem in each language, at the place where it stands: words that are the same
-- in several languages are there once, so one column and one index serve them all.
CREATE FUNCTION word_vector(input text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT coalesce(string_agg('''' || replace(replace(w.lexeme, '\', '\\'), '''', '''''') || ''':' || w.places, ' '), '')::tsvector
    FROM (SELECT t.lexeme, string_agg(DISTINCT place::text, ',') AS places
          FROM (SELECT public.plain(input) AS words) p,
               LATERAL (SELECT * FROM unnest(to_tsvector('pg_catalog.simple', p.words))
                        UNION ALL SELECT * FROM unnest(to_tsvector('pg_catalog.english', p.words))
                        UNION ALL SELECT * FROM unnest(to_tsvector('pg_catalog.german', p.words))
                        UNION ALL SELECT * FROM unnest(to_tsvector('pg_catalog.french', p.words))
                        UNION ALL SELECT * FROM unnest(to_tsvector('pg_catalog.spanish', p.words))) t,
               unnest(t.positions) AS place
          GROUP BY t.lexeme) w
$$;

-- What finds the words that begin with `word`. Quoted after the accents are gone: a few letters become several, one of them a
-- quote. No word at all is a space, which is none.
CREATE FUNCTION word_beginning(word text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT ('''' || replace(replace(coalesce(nullif(public.plain(word), ''), ' '), '\', '\\'), '''', '''''') || ''':*')::tsquery
$$;

-- Writes the table anew: seconds for 100,000 products. The column `search` stays for processes of the release before.
ALTER TABLE products ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(word_vector(name), 'A') || setweight(word_vector(description), 'C')
) STORED;
CREATE INDEX products_words ON products USING gin (words);
CREATE INDEX products_plain_name_trigrams ON products USING gin (plain(lower(name)) gin_trgm_ops);
CREATE INDEX products_attributes ON products USING gin (attributes jsonb_path_ops);
CREATE INDEX variants_attributes ON variants USING gin (attributes jsonb_path_ops);
CREATE INDEX products_created_at ON products (created_at DESC, id DESC);

-- Products whose name has something like `q` in it, with or without accents: for words that no product has. Among those
-- that have it equally, first the names with little else.
CREATE FUNCTION products_like(q text) RETURNS TABLE (id uuid, rank real)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT p.id, (word_similarity(plain(lower(q)), plain(lower(p.name)))
                  + similarity(plain(lower(q)), plain(lower(p.name))) / 4)::real
    FROM products p
    WHERE plain(lower(q)) <% plain(lower(p.name))
$$;

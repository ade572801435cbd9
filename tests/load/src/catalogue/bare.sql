-- The least that a catalogue needs, with 100,000 products. Texts are of 5,000 invented words, of which the first come more
-- often, so that they differ in how many products they find.
CREATE TABLE product (
  id bigint PRIMARY KEY, sku text NOT NULL, name text NOT NULL, description text NOT NULL, price_minor bigint NOT NULL,
  currency char(3) NOT NULL DEFAULT 'EUR', category_id int NOT NULL, version int NOT NULL DEFAULT 1, words tsvector NOT NULL);
SELECT setseed(0.42);
INSERT INTO product (id, sku, name, description, price_minor, category_id, words)
SELECT number, 'SKU-' || number, name, description, 100 + number % 9000, number % 50,
       setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', description), 'B')
FROM (SELECT number, array_to_string(words[1:4], ' ') AS name, array_to_string(words[5:34], ' ') AS description
      FROM (SELECT number, array_agg('w' || floor(power(random(), 2) * 5000)::int) AS words
            FROM generate_series(1, 100000) number, generate_series(1, 34) GROUP BY number) drawn) texts;
CREATE INDEX product_words ON product USING gin (words);
VACUUM FULL product;
VACUUM ANALYZE;
CHECKPOINT

-- What the notification service tells of an account's address: mail to it bounces, or its reader called it spam.

ALTER TABLE users ADD COLUMN email_problem text CHECK (email_problem IN ('bounced', 'complained'));

-- `?email_problem=`: few of many.
CREATE INDEX users_email_problem ON users (email_problem, created_at, id) WHERE email_problem IS NOT NULL;

-- Tokens of an identity provider do not repeat an account's token phrase: whether one was revoked shows by its age.

-- When the token phrase was last replaced, in whole milliseconds. Null: never, or before this column was there.
ALTER TABLE clients ADD COLUMN tokens_from BIGINT;

-- What is kept of a key of the `x-api-key` dialects is a keyed hash (HMAC-SHA-256): who reads the database cannot make one up.

-- When a key last opened the door, in whole milliseconds; written once a minute at most. Null: never.
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;

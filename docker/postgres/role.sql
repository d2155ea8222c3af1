-- Run once, by the image's own start-up, when the database directory is new.
-- The server's role is no superuser and owns its database: row-level security binds it (FORCE).
\set ON_ERROR_STOP on
\set password `cat /run/secrets/warifu_database_password`
CREATE ROLE warifu LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE warifu OWNER warifu ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE warifu FROM PUBLIC;

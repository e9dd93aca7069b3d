-- What all tenants share: who they are, who may log in, and where they are logged in.
-- What belongs to one tenant alone is in migrations/tenant.

CREATE TABLE tenants (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       varchar(255) NOT NULL,
    subdomain  varchar(100) NOT NULL UNIQUE,
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    settings   jsonb NOT NULL DEFAULT '{}',
    metadata   jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- No ON DELETE: a tenant that still has users is not deleted by accident.
    tenant_id     uuid NOT NULL REFERENCES tenants (id),
    email         varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    first_name    varchar(255),
    last_name     varchar(255),
    role          varchar(50) NOT NULL DEFAULT 'user',
    is_active     boolean NOT NULL DEFAULT true,
    -- NULL until the first login.
    last_login    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    metadata      jsonb NOT NULL DEFAULT '{}'
);

-- PostgreSQL indexes the referenced side of a foreign key, never the referencing one.
CREATE INDEX users_tenant_id_idx ON users (tenant_id);

-- One row per login, with where it came from.
CREATE TABLE sessions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- A session is nothing without its user, so it goes with it.
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    session_token varchar(255) NOT NULL UNIQUE,
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- 45 characters hold the longest spelling of an IPv6 address.
    ip_address    varchar(45),
    user_agent    text
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_tenant_id_idx ON sessions (tenant_id);
-- Expired sessions are deleted in batches, oldest first.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- Long-lived tokens ("keep me logged in"), which can be switched off one by one.
CREATE TABLE user_sessions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_token varchar(500) NOT NULL UNIQUE,
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    is_active     boolean NOT NULL DEFAULT true
);

CREATE INDEX user_sessions_user_id_idx ON user_sessions (user_id);

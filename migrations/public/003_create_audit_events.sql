-- Who did what, across all tenants: support and compliance ask for one place.

CREATE TABLE audit_events (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id  uuid NOT NULL REFERENCES tenants (id),
    -- NULL where the system acted by itself; the event outlives the user.
    user_id    uuid REFERENCES users (id) ON DELETE SET NULL,
    action     varchar(100) NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_events_action_is_dotted CHECK (action LIKE '%.%')
);

-- Events are read newest first, one tenant at a time; the index serves the foreign key as well.
CREATE INDEX audit_events_tenant_id_created_at_idx ON audit_events (tenant_id, created_at DESC);
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id) WHERE user_id IS NOT NULL;

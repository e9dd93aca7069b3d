-- The work, and who may book hours on it.

CREATE TABLE projects (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- No ON DELETE: a customer with projects is archived, not deleted.
    customer_id uuid NOT NULL REFERENCES customers (id),
    name        varchar(255) NOT NULL,
    starts_on   date NOT NULL,
    -- NULL while the end is open.
    ends_on     date,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT projects_end_is_not_before_start CHECK (ends_on >= starts_on),
    CONSTRAINT projects_name_is_unique_per_customer UNIQUE (customer_id, name)
);

CREATE TRIGGER projects_touch_updated_at
    BEFORE UPDATE ON projects
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE project_members (
    project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    joined_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, user_id)
);

-- The primary key starts with the project; "my projects" starts with the user.
CREATE INDEX project_members_user_id_idx ON project_members (user_id);

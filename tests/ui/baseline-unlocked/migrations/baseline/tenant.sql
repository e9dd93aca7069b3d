CREATE TABLE ${schema}.orders (id uuid, total bigint);

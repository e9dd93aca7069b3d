CREATE TABLE orders (id uuid);

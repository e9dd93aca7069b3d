CREATE TABLE second_factors (id uuid);

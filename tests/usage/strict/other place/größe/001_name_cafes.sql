CREATE TABLE "cafés" ("quoted ""name""" text);

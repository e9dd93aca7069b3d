-- pgmig: no-transaction
CREATE DATABASE reports;

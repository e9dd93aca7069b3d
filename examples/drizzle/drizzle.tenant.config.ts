import { defineConfig } from 'drizzle-kit';

// The tables that each tenant has. Only `generate` uses it: no one database is the one to push to.
export default defineConfig({
  dialect: 'postgresql',
  schema: './schema/tenant.ts',
  out: './migrations/tenant',
});

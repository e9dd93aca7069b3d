import { defineConfig } from 'drizzle-kit';

// The tables that all tenants share.
export default defineConfig({
  dialect: 'postgresql',
  schema: './schema/public.ts',
  // Where pgmig reads what drizzle-kit writes.
  out: './migrations/drizzle',
  // Without it `drizzle-kit push` drops the schemas of tenants, and pgmig's own.
  schemaFilter: ['public'],
  dbCredentials: { url: process.env.DATABASE_URL! },
});

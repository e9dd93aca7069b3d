// What each tenant has in a schema of its own. drizzle-kit writes `"public".` before some of these
// names; pgmig puts the tenant's schema there. `users` is in public, and is meant to be: it is not
// exported here, so drizzle-kit does not make it.
import { date, index, integer, pgEnum, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

import { users } from './public';

export const invoiceStatus = pgEnum('invoice_status', ['draft', 'sent', 'paid']);

export const customers = pgTable('customers', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: text('name').notNull(),
  email: text('email'),
  createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const invoices = pgTable(
  'invoices',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    customerId: uuid('customer_id').notNull().references(() => customers.id),
    status: invoiceStatus('status').notNull().default('draft'),
    cents: integer('cents').notNull(),
    due: date('due'),
  },
  (table) => [index('invoices_customer_id_idx').on(table.customerId)],
);

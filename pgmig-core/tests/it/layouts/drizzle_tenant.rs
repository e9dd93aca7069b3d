//! A Drizzle folder that is the tenant scope.

use crate::tree::Tree;

/// The one script of a tenant's Drizzle folder, each slot shown as `<...>`.
fn filled(text: &str) -> Vec<String> {
    let tree = Tree::new(&[
        (
            "tenant/meta/_journal.json",
            r#"{"entries": [{"idx": 0, "when": 1, "tag": "0000_a"}]}"#,
        ),
        ("tenant/0000_a.sql", text),
        ("public/001_users.sql", "CREATE TABLE users (id uuid);"),
    ]);
    let loaded = tree.load();
    let titles: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert_eq!(titles, [""; 0]);
    let script = &loaded.folder.tenant[0].up;
    let shown = script.statements.iter().map(|statement| {
        let mut shown = String::new();
        let mut at = statement.range.start;
        for slot in &statement.slots {
            shown.push_str(&script.text[at..slot.start]);
            shown.push_str(&format!("<{}>", &script.text[slot.clone()]));
            at = slot.end;
        }
        shown + &script.text[at..statement.range.end]
    });
    shown.collect()
}

#[test]
fn what_the_folder_creates_is_the_tenants_and_the_rest_is_public() {
    let shown = filled(
        r#"CREATE TYPE "public"."status" AS ENUM('a', 'public.b');--> statement-breakpoint
CREATE TABLE "orders" ("id" serial, "status" "status", "user" uuid);--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "f" FOREIGN KEY ("user") REFERENCES "public"."users"("id");--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "g" FOREIGN KEY ("id") REFERENCES "public"."orders"("id");--> statement-breakpoint
ALTER TABLE "orders" RENAME TO "sales";--> statement-breakpoint
CREATE VIEW "public"."v" AS SELECT public.sales.id, '"public"."sales"' FROM Public."sales" -- "public"."sales"
;--> statement-breakpoint
ALTER SEQUENCE "public"."orders_id_seq" RESTART;--> statement-breakpoint
CREATE POLICY "p" ON "sales" TO public USING (true)"#,
    );
    let expected = [
        r#"CREATE TYPE <"public">."status" AS ENUM('a', 'public.b')"#,
        r#"CREATE TABLE "orders" ("id" serial, "status" "status", "user" uuid)"#,
        r#"ALTER TABLE "orders" ADD CONSTRAINT "f" FOREIGN KEY ("user") REFERENCES "public"."users"("id")"#,
        r#"ALTER TABLE "orders" ADD CONSTRAINT "g" FOREIGN KEY ("id") REFERENCES <"public">."orders"("id")"#,
        r#"ALTER TABLE "orders" RENAME TO "sales""#,
        r#"CREATE VIEW <"public">."v" AS SELECT <public>.sales.id, '"public"."sales"' FROM <Public>."sales""#,
        r#"ALTER SEQUENCE <"public">."orders_id_seq" RESTART"#,
        r#"CREATE POLICY "p" ON "sales" TO public USING (true)"#,
    ];
    assert_eq!(shown, expected);
}

#[test]
fn bodies_are_filled_too() {
    let shown = filled(
        r#"DO $$ BEGIN
 CREATE TYPE "public"."kind" AS ENUM('a');
EXCEPTION WHEN duplicate_object THEN null;
END $$;--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "t" ("k" "kind");--> statement-breakpoint
DO $do$ BEGIN
 ALTER TABLE "t" ADD CONSTRAINT "c" FOREIGN KEY ("k") REFERENCES "public"."t"("k");
END $do$;"#,
    );
    assert!(
        shown[0].contains(r#"CREATE TYPE <"public">."kind""#),
        "{shown:?}"
    );
    assert!(
        shown[2].contains(r#"REFERENCES <"public">."t"("k")"#),
        "{shown:?}"
    );
}

#[test]
fn a_schema_of_drizzles_own_stands_for_the_tenants() {
    let shown = filled(
        r#"CREATE SCHEMA "tenant";
--> statement-breakpoint
CREATE TABLE "tenant"."orders" ("id" uuid REFERENCES "public"."orders"("id"));"#,
    );
    assert_eq!(
        shown,
        [r#"CREATE TABLE <"tenant">."orders" ("id" uuid REFERENCES "public"."orders"("id"))"#]
    );
}

#[test]
fn a_table_called_tenant_is_a_table() {
    let shown = filled(
        r#"CREATE TABLE "tenant" ("id" uuid);--> statement-breakpoint
CREATE VIEW "v" AS SELECT "tenant"."id" FROM "tenant";"#,
    );
    assert_eq!(
        shown[1],
        r#"CREATE VIEW "v" AS SELECT "tenant"."id" FROM "tenant""#
    );
}

#[test]
fn the_public_scope_is_left_as_it_is() {
    let tree = Tree::new(&[
        (
            "meta/_journal.json",
            r#"{"entries": [{"idx": 0, "when": 1, "tag": "0000_a"}]}"#,
        ),
        ("0000_a.sql", r#"CREATE TYPE "public"."a" AS ENUM('a');"#),
    ]);
    assert!(
        tree.load().folder.public[0].up.statements[0]
            .slots
            .is_empty()
    );
}

//! Uses its migrations in every way, from several modules.

pgmig::embed_migrations! { pub mod migrations }

mod exports {
    pub(crate) fn files() -> usize {
        let files = crate::migrations::MIGRATIONS.files();
        files.dirs().flat_map(|dir| dir.files()).map(|file| file.contents().len()).sum()
    }
}

mod prints {
    pub(crate) fn scripts() {
        for migration in crate::migrations::MIGRATIONS.public() {
            println!("{} {:?}", migration.sql(), migration.down_sql());
        }
        println!("{}", crate::migrations::Public::LATEST.migration().sql());
        println!("{:?}", crate::migrations::MIGRATIONS);
    }
}

fn main() {
    println!("{}", exports::files());
    prints::scripts();
}

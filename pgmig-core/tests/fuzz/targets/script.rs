//! Scripts that are put together, so that it is known where their statements begin and end.

use std::ops::Range;

use super::random::Random;

/// A script.
#[derive(Default)]
pub(crate) struct Script {
    /// Its text.
    pub(crate) text: String,
    /// Where its statements are.
    pub(crate) statements: Vec<Range<usize>>,
}

/// A script of a few statements.
pub(crate) fn script(random: &mut Random) -> Script {
    let mut script = Script::default();
    if random.once_in(10) {
        script.text.push('\u{feff}');
    }
    let count = random.below(6);
    for place in 0..count {
        trivia(&mut script.text, random);
        if random.once_in(8) {
            script.text.push(';');
            trivia(&mut script.text, random);
        }
        let start = script.text.len();
        let mut writer = Writer {
            text: &mut script.text,
            random,
            depth: 0,
        };
        writer.statement();
        script.statements.push(start..script.text.len());
        if place + 1 < count || random.once_in(2) {
            trivia(&mut script.text, random);
            script.text.push(';');
        }
    }
    trivia(&mut script.text, random);
    script
}

/// What PostgreSQL passes over, or nothing.
fn trivia(text: &mut String, random: &mut Random) {
    for _ in 0..random.below(3) {
        text.push_str(random.pick(&[
            " ",
            "\n",
            "\r\n",
            "\t",
            "\u{c}",
            "-- it's; \"a\n",
            "--\n",
            "--> /* statement-breakpoint\n",
            "/* ; ' */",
            "/* /* ; */ $$ -- */",
            "/*/**/*/",
        ]));
    }
}

/// Writes statements that PostgreSQL's grammar takes.
struct Writer<'a> {
    text: &'a mut String,
    random: &'a mut Random,
    depth: usize,
}

impl Writer<'_> {
    /// A token, or several that touch each other.
    fn put(&mut self, token: &str) {
        self.text.push_str(token);
    }

    /// What parts two tokens.
    fn gap(&mut self) {
        if self.random.once_in(6) {
            self.put(" ");
            trivia(self.text, self.random);
            self.put(" ");
        } else {
            self.put(" ");
        }
    }

    fn words(&mut self, words: &str) {
        for (at, word) in words.split(' ').enumerate() {
            if at > 0 {
                self.gap();
            }
            match self.random.below(3) {
                0 => self.put(&word.to_ascii_uppercase()),
                _ => self.put(word),
            }
        }
        self.gap();
    }

    fn statement(&mut self) {
        match self.random.below(14) {
            0 => self.function(),
            1 => self.atomic(),
            2 => self.rule(),
            3 => self.table(),
            4 => {
                self.words("do");
                self.dollar();
            }
            5 => {
                self.words("comment on table");
                self.name();
                self.gap();
                self.words("is");
                self.string();
            }
            6 => {
                let word =
                    self.random
                        .pick(&["begin", "commit", "end", "vacuum", "start transaction"]);
                self.words(word);
                self.trim();
            }
            7 => {
                self.words("create view");
                self.name();
                self.gap();
                self.words("as");
                self.select();
            }
            8 => {
                self.words("alter table");
                self.name();
                self.gap();
                self.words("add column");
                self.name();
                self.gap();
                self.words("int default");
                self.value();
            }
            9 => {
                self.words("create index concurrently on");
                self.name();
                self.put("((");
                self.value();
                self.put("))");
            }
            _ => self.simple(),
        }
    }

    /// A statement that may stand in a body.
    fn simple(&mut self) {
        match self.random.below(4) {
            0 => {
                self.words("insert into");
                self.name();
                self.gap();
                self.words("values (");
                self.value();
                self.put(")");
            }
            1 => {
                self.words("update");
                self.name();
                self.gap();
                self.words("set a =");
                self.value();
            }
            2 => {
                self.words("delete from");
                self.name();
            }
            _ => self.select(),
        }
    }

    fn select(&mut self) {
        self.words("select");
        self.value();
        if self.random.once_in(3) {
            self.gap();
            self.words("as");
            let name = self
                .random
                .pick(&["begin", "atomic", "case", "end", "rule", "x"]);
            self.put(name);
        }
        if self.random.once_in(3) {
            self.put(",");
            self.value();
        }
        if self.random.once_in(2) {
            self.gap();
            self.words("from");
            self.name();
        }
    }

    fn table(&mut self) {
        self.words("create table");
        self.name();
        self.put("(");
        for at in 0..=self.random.below(3) {
            if at > 0 {
                self.put(",");
            }
            let column = self.random.pick(&[
                "begin", "atomic", "rule", "function", "c", "\"end\"", "\"a;b\"",
            ]);
            self.put(column);
            self.gap();
            self.words("int default");
            self.put("(");
            self.value();
            self.put(")");
        }
        self.put(")");
    }

    fn function(&mut self) {
        let word = self
            .random
            .pick(&["create function", "create or replace function"]);
        self.words(word);
        self.name();
        self.put("()");
        self.gap();
        self.words("returns int language sql as");
        if self.random.once_in(2) {
            self.dollar();
        } else {
            self.string();
        }
    }

    /// A body of SQL that is parsed when it is created.
    fn atomic(&mut self) {
        let word = self.random.pick(&[
            "create function",
            "create or replace function",
            "create procedure",
            "create or replace procedure",
        ]);
        self.words(word);
        self.name();
        self.put("(a int default ");
        self.value();
        self.put(")");
        self.gap();
        if word.ends_with("function") {
            self.words("returns int");
        }
        self.words("begin atomic");
        for _ in 0..self.random.below(3) {
            self.simple();
            trivia(self.text, self.random);
            self.put(";");
            trivia(self.text, self.random);
        }
        self.put(" ");
        self.words("end");
        self.trim();
    }

    fn rule(&mut self) {
        let word = self.random.pick(&["create rule", "create or replace rule"]);
        self.words(word);
        self.name_alone();
        self.gap();
        self.words("as on insert to");
        self.name();
        self.gap();
        let word = self.random.pick(&["do", "do also", "do instead"]);
        self.words(word);
        if self.random.once_in(4) {
            self.words("nothing");
            self.trim();
            return;
        }
        self.put("(");
        for at in 0..=self.random.below(3) {
            if at > 0 {
                trivia(self.text, self.random);
                self.put(";");
                trivia(self.text, self.random);
            }
            self.simple();
        }
        self.put(")");
    }

    /// Takes back the gap after the last word.
    fn trim(&mut self) {
        let words = pgmig_core::sql::token_ranges(self.text);
        self.text.truncate(words.last().map_or(0, |word| word.end));
    }

    fn name_alone(&mut self) {
        let name = self.random.pick(&[
            "t",
            "größe",
            "a$1",
            "_",
            "begin",
            "atomic",
            "rule",
            "\"a;b\"",
            "\"it's\"",
            "\"\"\"\"",
            "\"--\"",
            "\"/*\"",
            "\"$$\"",
            "U&\"d\\0061;\"",
            "\"a\nb\"",
            "${schema}",
        ]);
        self.put(name);
    }

    fn name(&mut self) {
        if self.random.once_in(3) {
            self.name_alone();
            self.put(".");
        }
        self.name_alone();
    }

    fn string(&mut self) {
        let string = self.random.pick(&[
            "''",
            "'a'",
            "'it''s'",
            "';'",
            "'\\'",
            "'--'",
            "'/*'",
            "'$$'",
            "'a\n;\r\nb'",
            "E'\\''",
            "e'\\\\'",
            "E';\\n'",
            "U&';\\0061'",
            "'a'\n'b;'",
            "'${schema}'",
            "E'a' -- '\n '\\';'",
        ]);
        self.put(string);
    }

    fn dollar(&mut self) {
        let tag = self.random.pick(&["$$", "$a$", "$_1$", "$ß$", "$BODY$"]);
        let body = self.random.pick(&[
            "",
            ";",
            "it's",
            "begin; end",
            "$b$ ; $b$",
            "-- ;\n",
            "/*",
            "\"",
            "$ 1$",
            "\\",
            "select 1;\n",
            "${schema}",
        ]);
        self.put(tag);
        self.put(body);
        self.put(tag);
    }

    fn value(&mut self) {
        self.depth += 1;
        let choices = if self.depth > 4 { 4 } else { 11 };
        match self.random.below(choices) {
            0 => {
                let number = self.random.pick(&[
                    "1", "0", "1.5", ".5", "1.", "1e10", "1.5e-3", "0x1F", "0b1", "0o7", "1_000",
                ]);
                self.put(number);
            }
            1 => self.string(),
            2 => self.dollar(),
            3 => {
                let value = self.random.pick(&[
                    "null",
                    "true",
                    "B'01'",
                    "X'1f'",
                    "N'n'",
                    "current_date",
                    "a",
                    "\"end\"",
                ]);
                self.put(value);
            }
            4 => {
                self.put("(");
                self.value();
                let operator = self.random.pick(&[
                    "+", "-", " * ", "/ ", "%", "^", "<", "> ", "=", "<=", ">=", "<>", "!=", "||",
                    "->", "->>", "@>", "&&", "~", "!~~", "@-", "=-", "*-", "<->", "?", "?|", "#>>",
                    "*/**/", "+--;\n",
                ]);
                self.put(" ");
                self.put(operator);
                self.put(" ");
                self.value();
                self.put(")");
            }
            5 => {
                self.words("case when");
                self.value();
                self.gap();
                self.words("then");
                self.value();
                self.gap();
                self.words("else");
                self.value();
                self.gap();
                self.put("end");
            }
            6 => {
                self.words("case");
                self.value();
                self.gap();
                self.words("when");
                self.value();
                self.gap();
                self.words("then");
                self.value();
                self.gap();
                self.put("END");
            }
            7 => {
                self.words("array[");
                self.value();
                self.put(",");
                self.value();
                self.put("]");
            }
            8 => {
                self.put("(");
                self.select();
                self.put(")");
            }
            9 => {
                self.put("(");
                self.value();
                self.put(")::int");
            }
            _ => {
                let function =
                    self.random
                        .pick(&["f(", "begin.atomic(", "\"f;\"(", "coalesce(", "end_("]);
                self.put(function);
                self.value();
                self.put(")");
            }
        }
        self.depth -= 1;
    }
}

//! A script and its statements as tokens.

use std::ops::Range;

use pgmig_core::Script;
use pgmig_core::sql::{InTransaction, Object, Probe, Statement};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// `script`, which is `path` from the crate's directory, as `ScriptParts`, its text being the static `text`.
pub(crate) fn script(
    script: &Script,
    path: &str,
    text: Option<&Ident>,
    private: &TokenStream,
) -> TokenStream {
    let (transactional, idempotent) = (script.transactional, script.idempotent);
    let span = span(&script.range);
    let statements = script.statements.iter().map(|one| statement(one, private));
    quote! {
        #private::ScriptParts {
            path: #path,
            text: #text,
            span: #span,
            transactional: #transactional,
            idempotent: #idempotent,
            statements: const { &[#(#statements),*] },
        }
        .embed()
    }
}

fn statement(statement: &Statement, private: &TokenStream) -> TokenStream {
    let span = span(&statement.range);
    let line = Literal::u32_unsuffixed(statement.line);
    let kind = &statement.kind;
    let objects = statement.objects.iter().map(|one| object(one, private));
    let in_transaction = statement.in_transaction == InTransaction::Allowed;
    let destroys_data = statement.destroys_data;
    let probe = probe(&statement.probe, private);
    let concurrently = option(statement.concurrently.as_ref().map(self::span));
    let slots = statement.slots.iter().map(self::span);
    let public = statement.public.iter().map(self::span);
    quote! {
        #private::StatementParts {
            span: #span,
            line: #line,
            kind: #kind,
            objects: &[#(#objects),*],
            in_transaction: #in_transaction,
            destroys_data: #destroys_data,
            probe: #probe,
            concurrently: #concurrently,
            slots: &[#(#slots),*],
            public: &[#(#public),*],
        }
        .embed()
    }
}

fn object(object: &Object, private: &TokenStream) -> TokenStream {
    let Object { kind, schema, name } = object;
    let schema = option(schema.as_ref().map(|schema| quote!(#schema)));
    quote!(#private::Object { kind: #kind, schema: #schema, name: #name })
}

fn probe(probe: &Probe, private: &TokenStream) -> TokenStream {
    let object = |one| object(one, private);
    let probe = match probe {
        Probe::None => quote!(None),
        Probe::Repeat => quote!(Repeat),
        Probe::IndexCreated(index) => {
            let index = object(index);
            quote!(IndexCreated(#index))
        }
        Probe::IndexDropped(index) => {
            let index = object(index);
            quote!(IndexDropped(#index))
        }
        Probe::EnumValue { on, label } => {
            let on = object(on);
            quote!(EnumValue { on: #on, label: #label })
        }
        Probe::PartitionDetached { parent, partition } => {
            let [parent, partition] = [parent, partition].map(object);
            quote!(PartitionDetached { parent: #parent, partition: #partition })
        }
    };
    quote!(#private::Probe::#probe)
}

/// Bytes of a text. A script of 4 GiB is beyond what `include_str!` and PostgreSQL take.
fn span(range: &Range<usize>) -> TokenStream {
    let [start, end] = [range.start, range.end]
        .map(|at| Literal::u32_unsuffixed(u32::try_from(at).unwrap_or(u32::MAX)));
    quote!((#start, #end))
}

/// An `Option` in tokens.
pub(crate) fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn index() -> Object {
        Object {
            kind: "index",
            schema: Some("public".to_owned()),
            name: "users \"by\" email".to_owned(),
        }
    }

    fn tokens_of(probe: Probe) -> String {
        super::probe(&probe, &quote!(p)).to_string()
    }

    #[test]
    fn a_statement_carries_all_that_the_runtime_asks_for() {
        let one = Statement {
            range: 3..70,
            line: 2,
            kind: "CREATE INDEX".to_owned(),
            objects: vec![index()],
            in_transaction: InTransaction::Refused,
            destroys_data: false,
            probe: Probe::Repeat,
            concurrently: Some(16..28),
            slots: std::iter::once(40..49).collect(),
            public: std::iter::once(50..56).collect(),
        };
        let expected = quote! {
            p::StatementParts {
                span: (3, 70),
                line: 2,
                kind: "CREATE INDEX",
                objects: &[p::Object {
                    kind: "index",
                    schema: ::core::option::Option::Some("public"),
                    name: "users \"by\" email"
                }],
                in_transaction: false,
                destroys_data: false,
                probe: p::Probe::Repeat,
                concurrently: ::core::option::Option::Some((16, 28)),
                slots: &[(40, 49)],
                public: &[(50, 56)],
            }
            .embed()
        };
        assert_eq!(
            statement(&one, &quote!(p)).to_string(),
            expected.to_string()
        );
    }

    #[test]
    fn every_probe_has_its_objects() {
        let index = index();
        let object = object(&index, &quote!(p)).to_string();
        assert_eq!(tokens_of(Probe::None), "p :: Probe :: None");
        assert_eq!(
            tokens_of(Probe::IndexCreated(index.clone())),
            format!("p :: Probe :: IndexCreated ({object})")
        );
        assert_eq!(
            tokens_of(Probe::IndexDropped(index.clone())),
            format!("p :: Probe :: IndexDropped ({object})")
        );
        let value = Probe::EnumValue {
            on: index.clone(),
            label: "paid".to_owned(),
        };
        assert_eq!(
            tokens_of(value),
            format!("p :: Probe :: EnumValue {{ on : {object} , label : \"paid\" }}")
        );
        let detached = Probe::PartitionDetached {
            parent: index.clone(),
            partition: index,
        };
        assert_eq!(
            tokens_of(detached),
            format!(
                "p :: Probe :: PartitionDetached {{ parent : {object} , partition : {object} }}"
            )
        );
    }
}

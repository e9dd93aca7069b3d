//! The fleet as a page: a cell a tenant, one row a version, failures with their errors.
//!
//! One file without scripts, so that it can be attached to a ticket and opened anywhere.

use std::fmt::Write as _;

use pgmig_runtime::{FleetStatus, TenantState, TenantStatus};

use super::fleet::word;
use super::paint::{age, count};

const STYLE: &str = include_str!("page.css");

/// How many failures are written out.
const FAILURES: usize = 500;

/// Below so many tenants cells are drawn larger.
const FEW: usize = 1_000;

/// The page.
pub(super) fn page(status: &FleetStatus) -> String {
    let tenants = status.tenants.len();
    let mut page = String::with_capacity(tenants * 120 + 8192);
    let at = status.at.as_deref().unwrap_or("unknown");
    let newest = status.newest.unwrap_or("none");
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Fleet: {tenants} tenants</title><style>{STYLE}</style></head><body>\n\
         <h1>{}</h1><div class=\"faint\">{} · this binary's newest tenant migration: {} · public at {}</div>\n",
        count(tenants, "tenant"),
        escape(at),
        escape(newest),
        escape(status.public.as_deref().unwrap_or("no version")),
    );
    legend(&mut page, status);
    rows(&mut page, status);
    troubles(&mut page, status);
    page.push_str("</body></html>\n");
    page
}

fn legend(page: &mut String, status: &FleetStatus) {
    page.push_str("<div class=\"legend\">");
    for states in &status.states {
        let (class, word) = look(states.state);
        let class = if class == "b" { "b2" } else { class };
        let number = states.tenants;
        let said = match is_trouble(states.state) {
            // Ten thousand cells are in between.
            true => format!("<a href=\"#failures\">{word}</a>"),
            false => word.to_owned(),
        };
        let _ = write!(
            page,
            "<span><i class=\"{class}\"></i><b>{number}</b>{said}</span>"
        );
    }
    let unlisted = status
        .tenants
        .iter()
        .filter(|tenant| !tenant.listed)
        .count();
    if unlisted > 0 {
        let _ = write!(
            page,
            "<span class=\"faint\">pale: not active ({unlisted})</span>"
        );
    }
    page.push_str("</div>\n");
}

/// The versions, newest first, each with the cells of its tenants.
fn rows(page: &mut String, status: &FleetStatus) {
    let size = if status.tenants.len() < FEW {
        " few"
    } else {
        ""
    };
    for (behind, versions) in status.versions.iter().rev().enumerate() {
        let name = match &versions.version {
            Some(version) => format!("<b>{}</b>", escape(version)),
            None => "nothing applied".to_owned(),
        };
        let _ = write!(
            page,
            "<div class=\"row\"><div class=\"name\">{name}<br><span class=\"faint\">{}</span></div>\
             <div class=\"cells{size}\">",
            count(versions.tenants, "tenant")
        );
        let here = |tenant: &&TenantStatus| tenant.version == versions.version;
        for tenant in status.tenants.iter().filter(here) {
            cell(page, tenant, behind.clamp(1, 4));
        }
        page.push_str("</div></div>\n");
    }
}

/// A tenant. The further behind, the darker.
fn cell(page: &mut String, tenant: &TenantStatus, behind: usize) {
    let (class, word) = look(tenant.state);
    let _ = write!(page, "<i class=\"{class}");
    if class == "b" {
        let _ = write!(page, "{behind}");
    }
    if !tenant.listed {
        page.push_str(" off");
    }
    let since = tenant.since.as_deref().unwrap_or("never migrated");
    let _ = write!(
        page,
        "\" title=\"{}: {word}, {}\"></i>",
        escape(&tenant.schema),
        escape(since)
    );
}

/// The tenants that somebody has to look after.
fn troubles(page: &mut String, status: &FleetStatus) {
    let troubled = |tenant: &&TenantStatus| is_trouble(tenant.state);
    let mut troubled: Vec<_> = status.tenants.iter().filter(troubled).collect();
    // Who failed first, the longest first; since when a schema is gone nobody knows.
    troubled.sort_by_key(|tenant| {
        let gone = tenant.state == TenantState::Gone;
        (gone, std::cmp::Reverse(tenant.seconds))
    });
    if troubled.is_empty() {
        return;
    }
    page.push_str(
        "<h2 id=\"failures\">Failures</h2>\n<table><tr><th>schema</th><th>at</th><th>for</th><th>error</th></tr>\n",
    );
    for tenant in troubled.iter().take(FAILURES) {
        let (since, error) = match tenant.state {
            TenantState::Gone => (String::new(), word(tenant.state)),
            _ => (
                age(tenant.seconds.unwrap_or(0)),
                tenant.error.as_deref().unwrap_or_default(),
            ),
        };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><pre>{}</pre></td></tr>",
            escape(&tenant.schema),
            escape(tenant.version.as_deref().unwrap_or("nothing")),
            since,
            escape(error)
        );
    }
    page.push_str("</table>\n");
    if let Some(more @ 1..) = troubled.len().checked_sub(FAILURES) {
        let _ = writeln!(page, "<p>and {more} more</p>");
    }
}

fn is_trouble(state: TenantState) -> bool {
    matches!(state, TenantState::Failed | TenantState::Gone)
}

/// The class of a state, and its word.
fn look(state: TenantState) -> (&'static str, &'static str) {
    let class = match state {
        TenantState::UpToDate => "up",
        TenantState::Behind => "b",
        TenantState::Ahead => "ahead",
        TenantState::New => "new",
        TenantState::Failed => "failed",
        TenantState::Dropping => "dropping",
        _ => "gone",
    };
    (class, word(state))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

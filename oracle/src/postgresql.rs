//! PostgreSQL's verdict on a text, with the position that `pg_query`'s safe interface leaves out.

use std::ffi::{CStr, CString, c_char, c_int};

// Links the library.
use pg_query as _;

#[repr(C)]
struct CError {
    message: *const c_char,
    funcname: *const c_char,
    filename: *const c_char,
    lineno: c_int,
    cursorpos: c_int,
    context: *const c_char,
}

#[repr(C)]
struct CResult {
    parse_tree: *const c_char,
    stderr_buffer: *const c_char,
    error: *const CError,
}

#[repr(C)]
struct CPlpgsqlResult {
    plpgsql_funcs: *const c_char,
    error: *const CError,
}

unsafe extern "C" {
    fn pg_query_parse(input: *const c_char) -> CResult;
    fn pg_query_free_parse_result(result: CResult);
    fn pg_query_parse_plpgsql(input: *const c_char) -> CPlpgsqlResult;
    fn pg_query_free_plpgsql_parse_result(result: CPlpgsqlResult);
}

/// What PostgreSQL says against a text.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// In its words.
    pub message: String,
    /// The byte where, if it says so.
    pub at: Option<usize>,
}

/// What PostgreSQL says against a text of SQL; nothing where it takes it.
pub fn sql(text: &str) -> Option<Complaint> {
    let input = CString::new(text).ok()?;
    // SAFETY: the input is a C string that outlives the call; the result is freed once.
    unsafe {
        let result = pg_query_parse(input.as_ptr());
        let complaint = complaint(result.error, text);
        pg_query_free_parse_result(result);
        complaint
    }
}

/// What PostgreSQL says against the body in a `CREATE FUNCTION` or `DO`.
pub fn plpgsql(text: &str) -> Option<Complaint> {
    let input = CString::new(text).ok()?;
    // SAFETY: as above.
    unsafe {
        let result = pg_query_parse_plpgsql(input.as_ptr());
        let complaint = complaint(result.error, text);
        pg_query_free_plpgsql_parse_result(result);
        complaint
    }
}

unsafe fn complaint(error: *const CError, text: &str) -> Option<Complaint> {
    if error.is_null() {
        return None;
    }
    // SAFETY: not null, so it is what the library filled in.
    let (message, cursor) = unsafe {
        let message = CStr::from_ptr((*error).message).to_string_lossy();
        (message.into_owned(), (*error).cursorpos)
    };
    let character = usize::try_from(cursor)
        .ok()
        .and_then(|at| at.checked_sub(1));
    let at = character.map(|character| {
        let mut starts = text.char_indices().map(|(at, _)| at);
        starts.nth(character).unwrap_or(text.len())
    });
    Some(Complaint { message, at })
}

//! The known word that a person most likely meant.

/// The candidate nearest to `word`, where one is near enough to be a slip of the keyboard.
///
/// ```
/// assert_eq!(pgmig_core::nearest("lokc", ["lock", "lint"]), Some("lock"));
/// assert_eq!(pgmig_core::nearest("diagram", ["lock", "lint"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters, as rustc has it.
    let bound = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

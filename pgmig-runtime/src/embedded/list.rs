//! A list that is a stretch of a longer one.

use std::fmt;
use std::ops::Deref;

/// A stretch of a list that is embedded once for all who have a part of it. It is a slice to whoever
/// reads it. A slice of its own for each would have rustc make a constant of each, which takes it
/// longer than all that is in them.
pub struct List<T: 'static> {
    all: &'static [T],
    range: Span,
}

/// From and to: bytes of a text, or places of a list.
pub type Span = (u32, u32);

impl<T> List<T> {
    /// Nothing.
    pub const EMPTY: Self = List::of(&[]);

    /// All of a list.
    pub const fn of(all: &'static [T]) -> Self {
        let range = (0, all.len() as u32);
        List { all, range }
    }

    /// The places `range` of a list.
    pub(super) const fn part(all: &'static [T], range: Span) -> Self {
        List { all, range }
    }

    /// The slice.
    pub(crate) fn slice(self) -> &'static [T] {
        let (from, to) = self.range;
        self.all.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.slice()
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    #[test]
    fn a_part_of_a_list_is_a_slice_of_it() {
        const ALL: &[u8] = &[1, 2, 3];
        assert_eq!(*List::of(ALL), [1, 2, 3]);
        assert_eq!(*List::part(ALL, (1, 3)), [2, 3]);
        assert!(List::part(ALL, (3, 3)).is_empty());
        assert!(List::<u8>::EMPTY.is_empty());
    }
}

//! The syntactic form of a use of a name: bare, member, qualified member, or macro.
//!
//! Determined from the surrounding characters, which are the same in all languages.

use crate::facts::UseRole;

/// The syntactic form of a use. Borrowed version of [`UseRole`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NameRole<'t> {
    /// Alone: `name`.
    Bare,
    /// A member of an expression that is not a plain name: `f().name`.
    Member,
    /// A macro: `name!(…)`.
    Macro,
    /// A member of a name: `owner.name`, `owner::name`, `owner->name`.
    Of(&'t str),
}

impl From<NameRole<'_>> for UseRole {
    fn from(role: NameRole<'_>) -> Self {
        match role {
            NameRole::Bare => UseRole::Bare,
            NameRole::Member => UseRole::Member,
            NameRole::Macro => UseRole::Macro,
            NameRole::Of(owner) => UseRole::Of(owner.into()),
        }
    }
}

/// Returns the role of the name at the byte range `start..end` of `text`.
pub(crate) fn role_at(text: &str, start: usize, end: usize) -> NameRole<'_> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else {
        return NameRole::Bare;
    };
    if let Some(rest) = after.strip_prefix('!')
        && rest.trim_start_matches(' ').starts_with(['(', '[', '{'])
    {
        return NameRole::Macro;
    }
    let before = before.trim_end();
    let owner = ["::", "->", "?.", ".", "\\"]
        .iter()
        .find_map(|mark| before.strip_suffix(mark));
    let Some(owner) = owner.map(|owner| owner.trim_end_matches(['?', '!']).trim_end()) else {
        return NameRole::Bare;
    };
    if owner.ends_with('.') {
        // A range or a spread: `0..name`, `...name`.
        return NameRole::Bare;
    }
    let from = owner.rfind(|c: char| !is_word(c)).map_or(0, |at| {
        at + owner[at..].chars().next().map_or(1, char::len_utf8)
    });
    let name = &owner[from..];
    if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) {
        return NameRole::Member;
    }
    NameRole::Of(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: NameRole) {
        let start = text.rfind("name").unwrap_or_default();
        assert_eq!(role_at(text, start, start + 4), expected, "{text}");
    }

    #[test]
    fn roles_depend_on_the_surrounding_characters() {
        check("name()", NameRole::Bare);
        check("x = name", NameRole::Bare);
        check("writer.name()", NameRole::Of("writer"));
        check("self\n    .name()", NameRole::Of("self"));
        check("a::b::name", NameRole::Of("b"));
        check("ptr->name", NameRole::Of("ptr"));
        check("open()?.name", NameRole::Member);
        check("maybe?.name", NameRole::Of("maybe"));
        check("list[0].name", NameRole::Member);
        check("0..name", NameRole::Bare);
        check("{...name}", NameRole::Bare);
        check("name!(x)", NameRole::Macro);
        check("name != x", NameRole::Bare);
        check("Vec::<u8>::name", NameRole::Member);
        check("größe.name", NameRole::Of("größe"));
    }
}

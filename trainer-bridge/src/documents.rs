//! Which files no sample is made of.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExclusionReason {
    Generated,
    Unreadable,
}
impl ExclusionReason {
    pub fn describe(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Unreadable => "cannot be read",
        }
    }
}
pub(crate) fn exclusion_of(path: &str, text: &str) -> Option<ExclusionReason> {
    repo_indexer::looks_generated(path, text).map(|_| ExclusionReason::Generated)
}

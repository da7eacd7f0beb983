//! The library, asked from async code: which generation of a model is the current one, and what an adapter is laid over.

use crate::library::{Installed, Library};

pub(crate) struct Shelf(Library);

//! Converts values of the index to values of the protocol.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use assistant::ask::{self, Locate};
use grounding::{Citation, Links, View};
use repo_indexer::{IndexError, LineRange, Span, SymbolKind};
use tower_lsp::jsonrpc::{Error, ErrorCode};
use tower_lsp::ls_types::{self as lsp, Position, Range, Uri};

use super::position::{Encoding, LineIndex};
use super::snapshot::SessionSnapshot;
use super::uri::to_uri;

pub fn index_error(error: IndexError) -> Error {
    let text = error.to_string();
    match error {
        IndexError::Cancelled(_) => Error::request_cancelled(),
        _ => Error {
            message: text.into(),
            ..Error::new(ErrorCode::InternalError)
        },
    }
}

pub fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    match kind {
        SymbolKind::Module => lsp::SymbolKind::MODULE,
        SymbolKind::Class => lsp::SymbolKind::CLASS,
        SymbolKind::Struct => lsp::SymbolKind::STRUCT,
        SymbolKind::Enum => lsp::SymbolKind::ENUM,
        SymbolKind::Interface => lsp::SymbolKind::INTERFACE,
        SymbolKind::Impl => lsp::SymbolKind::OBJECT,
        SymbolKind::Function | SymbolKind::Macro => lsp::SymbolKind::FUNCTION,
        SymbolKind::Method => lsp::SymbolKind::METHOD,
        SymbolKind::TypeAlias => lsp::SymbolKind::TYPE_PARAMETER,
        SymbolKind::Constant => lsp::SymbolKind::CONSTANT,
        SymbolKind::Variable => lsp::SymbolKind::VARIABLE,
        SymbolKind::Field => lsp::SymbolKind::FIELD,
        SymbolKind::Variant => lsp::SymbolKind::ENUM_MEMBER,
        SymbolKind::Section => lsp::SymbolKind::STRING,
        SymbolKind::Table => lsp::SymbolKind::STRUCT,
        SymbolKind::Key => lsp::SymbolKind::KEY,
    }
}

/// Converts spans in many files to ranges. Loads the text of each file once.
pub struct Locator<'s> {
    session: &'s SessionSnapshot,
    files: HashMap<(usize, Arc<str>), Option<Text>>,
}

type Text = (Arc<str>, LineIndex);

impl<'s> Locator<'s> {
    pub fn new(session: &'s SessionSnapshot) -> Self {
        Locator {
            session,
            files: HashMap::new(),
        }
    }

    pub fn range(&mut self, root: usize, path: &Arc<str>, span: Span) -> Option<Range> {
        let encoding = self.session.encoding;
        let (text, lines) = self.file(root, path)?;
        Some(lines.range(text, span, encoding))
    }

    pub fn location(&mut self, root: usize, path: &Arc<str>, span: Span) -> Option<lsp::Location> {
        Some(lsp::Location {
            uri: self.session.uri_of(root, path)?,
            range: self.range(root, path, span)?,
        })
    }

    fn file(&mut self, root: usize, path: &Arc<str>) -> Option<&Text> {
        let load = || {
            let text = self.session.roots.get(root)?.snapshot.text(path)?;
            let lines = LineIndex::new(&text);
            Some((text, lines))
        };
        self.files
            .entry((root, path.clone()))
            .or_insert_with(load)
            .as_ref()
    }
}

/// Links to files, with the line as a fragment that editors and browsers of code understand; locations in the client's encoding.
pub struct SessionLocator(pub Arc<SessionSnapshot>);

impl Links for SessionLocator {
    fn target(&self, citation: &Citation) -> Option<String> {
        let uri = self.0.uri_of(citation.root, &citation.path)?;
        Some(format!("{}#L{}", uri.as_str(), citation.lines.first + 1))
    }
}

impl Locate for SessionLocator {
    fn location(&self, citation: &Citation) -> Option<ask::Location> {
        let uri = self.0.uri_of(citation.root, &citation.path)?;
        let mut locator = Locator::new(&self.0);
        let span = citation.span;
        let spanned = span.and_then(|span| locator.range(citation.root, &citation.path, span));
        Some(plain_location(&uri, spanned, citation))
    }
}

/// The location of a citation outside of a session: a `file:` URI below `root`, and a range in UTF-16 code units.
pub fn location(root: &Path, views: &[View], citation: &Citation) -> Option<ask::Location> {
    let uri = to_uri(&root.join(&*citation.path))?;
    let text = views.get(citation.root)?.snapshot.text(&citation.path);
    let spanned = citation
        .span
        .zip(text)
        .map(|(span, text)| LineIndex::new(&text).range(&text, span, Encoding::Utf16));
    Some(plain_location(&uri, spanned, citation))
}

/// `spanned`: the range of the cited definition, otherwise the cited lines are the range.
fn plain_location(uri: &Uri, spanned: Option<Range>, citation: &Citation) -> ask::Location {
    let range = spanned.unwrap_or_else(|| {
        let LineRange { first, last } = citation.lines;
        Range::new(Position::new(first, 0), Position::new(last + 1, 0))
    });
    let position = |at: Position| ask::Position {
        line: at.line,
        character: at.character,
    };
    ask::Location {
        uri: uri.as_str().to_owned(),
        range: ask::Range {
            start: position(range.start),
            end: position(range.end),
        },
    }
}

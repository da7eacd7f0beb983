//! Part of the walk that handles comments and attributes, which are held back until the following node is known.

use tree_sitter::Node;

use crate::facts::Span;
use crate::language::flag;

use super::super::chunks::TextKind;
use super::super::{definition, leading};
use super::{Expected, Walk};

impl<'t> Walk<'t> {
    pub(super) fn comment(&mut self, node: Node<'t>) {
        let comment = leading::Comment::new(node, self.text);
        let text = comment.span.of(self.text).unwrap_or_default();
        let doc = &self.compiled.grammar.doc;
        if definition::is_doc_comment(doc.inner, text) {
            let (top, chunk) = (self.top().symbol, self.top().chunk);
            let target = match top {
                Some(symbol) => &mut self.facts.symbols[symbol as usize].doc,
                None => &mut self.facts.doc,
            };
            *target = Some(Span {
                start: target.map_or(comment.span.start, |doc| doc.start),
                end: comment.span.end,
            });
            self.chunks
                .push(chunk, comment.span.start, comment.span.end, TextKind::Doc);
        } else {
            self.leading.comment(comment);
        }
    }

    /// Assigns held back comments and attributes to the enclosing definition, because no definition follows.
    #[inline]
    pub(super) fn flush_trivia(&mut self) {
        if !self.leading.is_empty() || !self.begun {
            self.flush_trivia_now();
        }
    }

    #[cold]
    fn flush_trivia_now(&mut self) {
        let items = std::mem::take(&mut self.leading);
        self.flush_comments(&items.comments);
        for attribute in &items.attributes {
            self.attribute_leaves(*attribute);
        }
        self.leading = items.cleared();
    }

    /// Assigns comments to the enclosing definition. Comments at the start of a file may document the file.
    pub(super) fn flush_comments(&mut self, comments: &[leading::Comment]) {
        let at_head = !std::mem::replace(&mut self.begun, true);
        let may_document = at_head && self.compiled.grammar.doc.leading && self.facts.doc.is_none();
        let doc = may_document
            .then(|| leading::file_doc(comments, self.text))
            .flatten();
        self.facts.doc = self.facts.doc.or(doc);
        for comment in comments {
            let documents = doc.is_some_and(|doc| doc.covers(comment.span));
            self.push(
                comment.span.start,
                comment.span.end,
                if documents {
                    TextKind::Doc
                } else {
                    TextKind::Comment
                },
            );
        }
    }

    /// Collects the names and text in an attribute. Attributes contain no definitions, so this is simpler than the main walk.
    pub(super) fn attribute_leaves(&mut self, root: Node<'t>) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let flags = self.compiled.flags(node.kind_id());
            let start = node.start_byte() as u32;
            let mut inside = false;
            if flags & flag::IDENTIFIER != 0 {
                self.identifier(node, start, flags);
            } else if flags & flag::STRING != 0 {
                self.push(start, node.end_byte() as u32, TextKind::String);
            } else if flags & flag::COMMENT != 0 {
                self.push(start, node.end_byte() as u32, TextKind::Comment);
            } else if flags & flag::OPAQUE == 0 {
                if flags & flag::CALL != 0
                    && let Some(callee) = self.compiled.callee(node)
                {
                    self.expected
                        .push((callee.start_byte() as u32, Expected::Callee));
                }
                inside = true;
            }
            if inside && cursor.goto_first_child() {
                continue;
            }
            if inside && flags != 0 {
                self.push(start, node.end_byte() as u32, TextKind::Body);
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }
}

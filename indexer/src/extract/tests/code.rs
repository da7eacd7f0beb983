//! Python and Rust.

use expect_test::expect;

use super::check;

#[test]
fn python() {
    check(
        "pkg/shapes.py",
        r##"# -*- coding: utf-8 -*-
"""Shapes and their areas.

More text.
"""
from __future__ import annotations
import os.path as osp, sys
from ..core.base import (Shape as Base,  # the base
                         registered)
from . import util

PI_ISH: float = 3.14
_cache, limit = {}, 10

def area(shape: Shape, *, exact=False) -> float:
    """Area of a shape."""
    # fast path
    def helper(x):
        return x + 1
    return shape.area(helper(1)) if exact else f"about {util.rough(shape)}"

@registered("square", sides=4)
class Square(Base):
    '''A square.'''
    sides = 4
    name: str = "square"

    @property
    def width(self) -> int:
        """The width."""
        self._width, self.sides = 1, 2
        self._width = self.height = helper(self.sides)
        return self._width

    class Meta:
        ordering = ["width"]

    async def _load(self, path): return await osp.open(path)

def test_area():
    assert area(Square()) == PI_ISH

if __name__ == "__main__":
    print(area(Square(2)))

def broken(a, b:
    return a +
"##,
        expect![[r#"
            errors: 2
            doc: "Shapes and their areas."
            import __future__ [annotations] :6
            import os/path [] :7
            import sys [] :7
            import ../core/base [Shape registered] :8
            import . [util] :10
            Constant PI_ISH pub 12-12 `PI_ISH: float = 3.14`
            Variable _cache 13-13 `_cache, limit = {}, 10`
            Variable limit pub 13-13 `_cache, limit = {}, 10`
            Function area pub 15-20 `def area(shape: Shape, *, exact=False) -> float:` — Area of a shape.
              Function helper 18-19 `def helper(x):`
            Class Square pub 22-38 `class Square(Base):` — A square.
              Field sides pub 25-25 `sides = 4`
              Field name pub 26-26 `name: str = "square"`
              Method width pub 28-33 `def width(self) -> int:` — The width.
              Field _width 32-32 `self._width = self.height = helper(self.sides)`
              Field height pub 32-32 `self.height = helper(self.sides)`
              Class Meta pub 35-36 `class Meta:`
                Field ordering pub 36-36 `ordering = ["width"]`
              Method _load 38-38 `async def _load(self, path):`
            Function test_area pub test 40-41 `def test_area():`
            file uses Square() __name__ area() broken float print()
            area uses Shape area() exact×2(0) float helper() rough() shape×3(0) util
            Square uses Base registered() sides str
            width uses _width×2(0) helper() int property sides×2(0)
            _load uses open() osp path×2(0)
            test_area uses PI_ISH Square() area()
            chunk [] 1-47
              doc: """Shapes and their areas. More text. """
              body: annotations os path osp sys core base Shape Base registered util PI_ISH float 3.14 _cache limit 10 __name__ print area Square 2 broken a b a
              comments: # -*- coding: utf-8 -*- # the base
              strings: __main__
            chunk [area] 15-20
              signature: area shape Shape exact False float
              doc: """Area of a shape."""
              body: helper x x 1 shape area helper 1 exact util rough shape
              comments: # fast path
              strings: about
            chunk [Square] 22-38
              signature: Square Base
              doc: '''A square.'''
              body: registered sides 4 sides 4 name str
              strings: square square
            chunk [Square width] 28-33
              signature: width self int
              doc: """The width."""
              body: property self _width self sides 1 2 self _width self height helper self sides self _width
            chunk [Square Meta] 35-36
              signature: Meta
              body: ordering
              strings: width
            chunk [Square _load] 38-38
              signature: _load self path
              body: osp open path
            chunk [test_area] 40-41
              signature: test_area
              body: area Square PI_ISH
        "#]],
    );
}

#[test]
fn rust() {
    check(
        "src/shape.rs",
        "//! Shapes.\r\n//! And more.\r\n\r\nuse std::{fmt::{self, Display}, io::*};\r\nuse crate::util::rough as about; // why\r\npub(crate) use super::base;\r\nmod inner;\r\n\
/// A shape of some sort.\r\n///\r\n/// With details.\r\n#[derive(Debug, Clone)]\r\npub struct Shape<'a, T: Display> {\r\n    /// How wide.\r\n    pub width: u32,\r\n    name: &'a T,\r\n}\r\n
#[derive(Default)]
pub enum Kind { #[default] Square, Round { radius: f64 } }

// Plain comment.
pub const LIMIT: usize = 10;
static TABLE: [u8; 3] = [
    1, 2, 3,
];

impl<'a, T: Display> Shape<'a, T> {
    /// Makes one.
    pub fn new(width: u32, name: &'a T) -> Self {
        // Checked by the caller.
        let grow = |by| Self::scaled(by, LIMIT);
        assert_eq!(grow(1), check(width));
        Shape { width, name }
    }
    fn scaled(by: u32, limit: usize) -> u32 { fn local() {} const X: u32 = 1; by + X }
}

impl fmt::Display for Shape<'_, String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, \"a {} shape\", self.width) }
}

pub trait Area { type Unit; fn area(&self) -> f64; fn twice(&self) -> f64 { self.area() * 2.0 } }

/** Doubles. */
#[macro_export]
macro_rules! double { ($x:expr) => { $x * two() } }

pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;
    fn helper() {}
    #[test]
    fn works() { Shape::new(1, &\"x\".to_string()); }
}

fn broken( { let = ; }
",
        expect![[r#"
            errors: 1
            doc: "Shapes."
            import std/fmt [] :4
            import std/fmt [Display] :4
            import std/io [*] :4
            import crate/util [rough] :5
            import super [base] :6
            import self/inner [] :7
            import super [*] :52
            Struct Shape pub 11-16 `pub struct Shape<'a, T: Display>` — A shape of some sort.
              Field width pub 14-14 `pub width: u32` — How wide.
              Field name 15-15 `name: &'a T`
            Enum Kind pub 18-19 `pub enum Kind`
              Variant Square pub 19-19 `Square`
              Variant Round pub 19-19 `Round`
                Field radius pub 19-19 `radius: f64`
            Constant LIMIT pub 22-22 `pub const LIMIT: usize = 10`
            Constant TABLE 23-25 `static TABLE: [u8; 3] = [`
            Impl Shape pub 27-36 `impl<'a, T: Display> Shape<'a, T>`
              Method new pub 29-34 `pub fn new(width: u32, name: &'a T) -> Self` — Makes one.
              Method scaled 35-35 `fn scaled(by: u32, limit: usize) -> u32`
                Function local 35-35 `fn local()`
            Impl Shape pub 38-40 `impl fmt::Display for Shape<'_, String>`
              Method fmt pub 39-39 `fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result`
            Interface Area pub 42-42 `pub trait Area`
              TypeAlias Unit pub 42-42 `type Unit`
              Method area pub 42-42 `fn area(&self) -> f64`
              Method twice pub 42-42 `fn twice(&self) -> f64`
            Macro double pub 45-46 `macro_rules! double` — Doubles.
            TypeAlias Result pub 48-48 `pub type Result<T> = std::result::Result<T, Error>`
            Module tests test 50-56 `mod tests`
              Function helper test 53-53 `fn helper()`
              Function works test 54-55 `fn works()`
            Function broken 58-58 `fn broken(`
            file uses Error Result cfg result std test
            Shape uses Clone Debug Display derive
            Kind uses Default default derive
            Shape uses Display
            new uses LIMIT Shape() assert_eq() by×2(0) check() grow×2(1) name×2(0) scaled() width×3(0)
            scaled uses by×2(0) limit
            Shape uses Display String fmt
            fmt uses Formatter Result fmt×2(0) width write()
            twice uses area()
            double uses macro_export two()
            works uses Shape new() test to_string()
            chunk [] 1-52
              doc: //! Shapes. //! And more.
              body: std fmt self Display io crate util rough about super base inner LIMIT usize 10 TABLE u8 3 1 2 3 Result T std result Result T Error cfg test tests super
              comments: // why // Plain comment.
            chunk [Shape] 8-16
              signature: Shape T Display
              doc: /// A shape of some sort. /// /// With details. /// How wide.
              body: derive Debug Clone width u32 name T
            chunk [Kind] 18-19
              signature: Kind
              body: derive Default default Square Round radius f64
            chunk [Shape] 27-36
              signature: T Display Shape T
            chunk [Shape new] 28-34
              signature: new width u32 name T Self
              doc: /// Makes one.
              body: grow by Self scaled by LIMIT assert_eq grow 1 check width Shape width name
              comments: // Checked by the caller.
            chunk [Shape scaled] 35-35
              signature: scaled by u32 limit usize u32
              body: local X u32 1 by X
            chunk [Shape] 38-40
              signature: fmt Display Shape String
            chunk [Shape fmt] 39-39
              signature: fmt self f fmt Formatter fmt Result
              body: write f self width
              strings: a {} shape
            chunk [Area] 42-42
              signature: Area
              body: Unit
            chunk [Area area] 42-42
              signature: area self f64
            chunk [Area twice] 42-42
              signature: twice self f64
              body: self area 2.0
            chunk [double] 44-46
              signature: double
              doc: /** Doubles. */
              body: macro_export two
            chunk [tests helper] 53-53
              signature: helper
            chunk [tests works] 54-55
              signature: works
              body: test Shape new 1 to_string
              strings: x
            chunk [broken] 58-58
              signature: broken
        "#]],
    );
}

//! Go, C and C++.

use expect_test::expect;

use super::check;

#[test]
fn go() {
    check(
        "server/server.go",
        r#"// Copyright 2024 Someone. All rights reserved.

//go:build linux

// Package server serves.
// It does it well.
package server

import (
	"fmt"
	log "github.com/org/log/v2"
	. "math"
)

// Limit bounds all.
const Limit = 10

const (
	// A is first.
	A = iota
	b
)

var cache, Count = map[string]int{}, 0

// Server serves things.
type Server[T any] struct {
	// Addr is where.
	Addr, Host string `json:"addr"`
	handler    Handler
	Embedded
}

type (
	// Handler handles.
	Handler interface {
		Handle(ctx context.Context, req *Request) error
		fmt.Stringer
	}
	ID = string
	Func func(int) int
)

// NewServer makes one.
func NewServer[T any](addr string) *Server[T] {
	return &Server[T]{Addr: addr, handler: nil}
}

// Serve serves.
func (s *Server[T]) Serve(ctx context.Context) (err error) {
	go func() { s.handler.Handle(ctx, nil) }()
	x := Max(float64(Limit), 1) // local
	return fmt.Errorf("failed: %w %v", err, x)
}

func (ID) method() {}

func broken( {
"#,
        expect![[r#"
            errors: 1
            package: server
            doc: "Package server serves."
            import fmt [] :10
            import github.com/org/log/v2 [] :11
            import math [*] :12
            Constant Limit pub 16-16 `const Limit = 10` — Limit bounds all.
            Constant A pub 20-20 `A = iota` — A is first.
            Constant b 21-21 `b`
            Variable cache 24-24 `var cache, Count = map[string]int{}, 0`
            Variable Count pub 24-24 `var cache, Count = map[string]int{}, 0`
            Struct Server pub 27-32 `type Server[T any] struct` — Server serves things.
              Field Addr pub 29-29 `Addr, Host string `json:"addr"`` — Addr is where.
              Field Host pub 29-29 `Addr, Host string `json:"addr"`` — Addr is where.
              Field handler 30-30 `handler    Handler`
            Interface Handler pub 36-39 `Handler interface` — Handler handles.
              Method Handle pub 37-37 `Handle(ctx context.Context, req *Request) error`
            TypeAlias ID pub 40-40 `ID = string`
            TypeAlias Func pub 41-41 `Func func(int) int`
            Function NewServer pub 45-47 `func NewServer[T any](addr string) *Server[T]` — NewServer makes one.
            Method Serve of Server pub 50-54 `func (s *Server[T]) Serve(ctx context.Context) (err error)` — Serve serves.
            Method method of ID 56-56 `func (ID) method()`
            file uses broken int×3(0) string×2(0)
            Server uses Embedded Handler any string
            Handler uses Stringer fmt
            Handle uses Context Request context ctx error req
            NewServer uses Addr Server×2(1) addr×2(0) any handler string
            Serve uses Context Errorf() Handle() Limit Max() Server context ctx×2(0) err×2(0) error float64() fmt handler
            method uses ID
            chunk [] 1-58
              doc: // Package server serves. // It does it well. // Limit bounds all. // A is first.
              body: server log Limit 10 A iota b cache Count string int 0 ID string Func int int broken
              comments: // Copyright 2024 Someone. All rights reserved. //go:build linux
              strings: fmt github.com/org/log/v2 math
            chunk [Server] 26-32
              signature: Server T any
              doc: // Server serves things. // Addr is where.
              body: Addr Host string handler Handler Embedded
              strings: json:"addr"
            chunk [Handler] 35-39
              signature: Handler
              doc: // Handler handles.
              body: fmt Stringer
            chunk [Handler Handle] 37-37
              signature: Handle ctx context Context req Request error
            chunk [NewServer] 44-47
              signature: NewServer T any addr string Server T
              doc: // NewServer makes one.
              body: Server T Addr addr handler nil
            chunk [Server Serve] 49-54
              signature: s Server T Serve ctx context Context err error
              doc: // Serve serves.
              body: s handler Handle ctx nil x Max float64 Limit 1 fmt Errorf err x
              comments: // local
              strings: failed: %w %v
            chunk [ID method] 56-56
              signature: ID method
        "#]],
    );
}

#[test]
fn c() {
    check(
        "src/list.c",
        r#"/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "util/list.h"

#ifndef LIST_H
#define LIST_H
#define LIST_MAX 16
#define LIST_EACH(n, l) for (n = (l)->head; n; n = next_of(n))

/** A node. */
typedef struct node {
    struct node *next; /* the following one */
    int value, *extra;
    int (*compare)(int, int);
} node_t;

typedef struct { int x; } point;
typedef unsigned int (*callback)(void *);
union number { int i; float f; };
enum color { RED, GREEN = 2 };

static int counter = 0;
const char *names[] = {
    "a",
    "b",
};
extern int external(void);

// Pushes a value.
// Returns the head.
node_t *list_push(node_t *head, int value)
{
    int local = sizeof(struct node);
    node_t *n = malloc(sizeof(*n));
    LIST_EACH(n, head) { n->compare(value, 1); }
    return head;
}

static void hidden(void) { printf("%d\n", counter); }
int main(int argc, char **argv) { return list_push(NULL, 1)->value }
#endif
"#,
        expect![[r#"
            errors: 1
            import stdio.h [] :2
            import util/list.h [] :3
            Constant LIST_MAX pub 7-7 `#define LIST_MAX 16`
            Macro LIST_EACH pub 8-8 `#define LIST_EACH(n, l)`
            Struct node pub 11-15 `typedef struct node` — A node.
            Struct node_t pub 11-15 `typedef struct node` — A node.
              Field next pub 12-12 `struct node *next`
              Field value pub 13-13 `int value, *extra`
              Field extra pub 13-13 `int value, *extra`
              Field compare pub 14-14 `int (*compare)(int, int)`
            Struct point pub 17-17 `typedef struct { int x; } point`
              Field x pub 17-17 `int x`
            TypeAlias callback pub 18-18 `typedef unsigned int (*callback)(void *)`
            Struct number pub 19-19 `union number`
              Field i pub 19-19 `int i`
              Field f pub 19-19 `float f`
            Enum color pub 20-20 `enum color`
              Variant RED pub 20-20 `RED`
              Variant GREEN pub 20-20 `GREEN = 2`
            Variable counter 22-22 `static int counter = 0`
            Variable names pub 23-26 `const char *names[] = {`
            Function external pub 27-27 `extern int external(void)`
            Function list_push pub 31-37 `node_t *list_push(node_t *head, int value)` — Pushes a value.
            Function hidden 39-39 `static void hidden(void)`
            Function main pub 40-40 `int main(int argc, char **argv)`
            file uses LIST_H×2(0)
            LIST_EACH uses for head next_of()
            node uses node
            list_push uses LIST_EACH() compare() head×3(0) local malloc() node node_t×3(0) value×2(0)
            hidden uses counter printf()
            main uses argc argv list_push() value
            chunk [] 1-25
              body: LIST_H LIST_H LIST_MAX 16 callback counter 0 names
              comments: /* SPDX-License-Identifier: MIT */
              strings: <stdio.h> util/list.h a b
            chunk [LIST_EACH] 8-8
              signature: LIST_EACH n l
              body: for (n = (l)->head; n; n = next_of(n))
            chunk [node] 10-15
              signature: node
              doc: /** A node. */
              body: node next value extra compare node_t
              comments: /* the following one */
            chunk [point] 17-17
              signature: point
              body: x
            chunk [number] 19-19
              signature: number
              body: i f
            chunk [color] 20-20
              signature: color
              body: RED GREEN 2
            chunk [external] 27-27
              signature: external
            chunk [list_push] 29-37
              signature: node_t list_push node_t head value
              doc: // Pushes a value. // Returns the head.
              body: local node node_t n malloc n LIST_EACH n head n compare value 1 head
            chunk [hidden] 39-39
              signature: hidden
              body: printf \n counter
              strings: %d
            chunk [main] 40-40
              signature: main argc argv
              body: list_push 1 value
        "#]],
    );
}

#[test]
fn cpp() {
    check(
        "src/shape.hpp",
        r#"// Shapes for everyone.

#pragma once
#include <vector>

namespace geo::shapes {

using Points = std::vector<Point>;

/// A shape.
template <typename T>
class Shape : public Base<T> {
    int hidden_;
public:
    Shape(T value) : value_(make(value)) {}
    virtual ~Shape() = default;
    /// Its area.
    virtual double area() const = 0;
    static Shape create();
    bool operator==(const Shape& other) const { return value_ == other.value_; }
    operator bool() const { return true; }
protected:
    T value_;
    enum class Kind { Round, Square };
};

struct Point { double x{0}, y; double norm() const; };

template <> class Shape<int> {};

constexpr int kMax = 3;
static int file_local;

} // namespace geo::shapes

double geo::shapes::Point::norm() const {
    auto square = [](double v) { return v * v; };
    return std::sqrt<double>(square(x) + square(y)) + new Circle<int>(1)->area();
}

template <typename T> Shape<T>* clone(const Shape<T>& shape) { return shape.template copy<T>(); }
extern "C" { void c_api(int); }
int a = 1, *b = nullptr;
"#,
        expect![[r#"
            doc: "Shapes for everyone."
            import vector [] :4
            Module geo::shapes pub 6-34 `namespace geo::shapes`
              TypeAlias Points pub 8-8 `using Points = std::vector<Point>`
              Class Shape pub 11-25 `template <typename T>⏎class Shape : public Base<T>` — A shape.
                Field hidden_ pub 13-13 `int hidden_`
                Method Shape pub 15-15 `Shape(T value) : value_(make(value))`
                Method ~Shape pub 16-16 `virtual ~Shape() = default`
                Method area pub 18-18 `virtual double area() const = 0` — Its area.
                Method create pub 19-19 `static Shape create()`
                Method operator== pub 20-20 `bool operator==(const Shape& other) const`
                Method operator bool pub 21-21 `operator bool() const`
                Field value_ 23-23 `T value_`
                Enum Kind 24-24 `enum class Kind`
                  Variant Round 24-24 `Round`
                  Variant Square 24-24 `Square`
              Struct Point pub 27-27 `struct Point`
                Field x pub 27-27 `double x{0}, y`
                Field y pub 27-27 `double x{0}, y`
                Method norm pub 27-27 `double norm() const`
              Class Shape pub 29-29 `template <> class Shape<int>`
              Constant kMax pub 31-31 `constexpr int kMax = 3`
              Variable file_local 32-32 `static int file_local`
            Method norm of Point pub 36-39 `double geo::shapes::Point::norm() const`
            Function clone pub 41-41 `template <typename T> Shape<T>* clone(const Shape<T>& shape)`
            Function c_api pub 42-42 `void c_api(int)`
            Variable a pub 43-43 `int a = 1, *b = nullptr`
            Variable b pub 43-43 `int a = 1, *b = nullptr`
            file uses Point once shapes std vector
            Shape uses Base
            Shape uses make() value×2(0) value_()
            ~Shape uses Shape
            create uses Shape
            operator== uses Shape other×2(0) value_×2(0)
            norm uses Circle() Point area() geo shapes sqrt() square×3(2) std
            clone uses Shape×2(0) copy() shape×2(0)
            chunk [] 1-43
              doc: // Shapes for everyone.
              body: once geo shapes Points std vector Point kMax 3 file_local a 1 b
              comments: // namespace geo::shapes
              strings: <vector> C
            chunk [geo::shapes Shape] 10-25
              signature: T Shape Base T
              doc: /// A shape.
              body: hidden_ T value_
            chunk [geo::shapes Shape Shape] 15-15
              signature: Shape T value value_ make value
            chunk [geo::shapes Shape ~Shape] 16-16
              signature: Shape
            chunk [geo::shapes Shape area] 17-18
              signature: area 0
              doc: /// Its area.
            chunk [geo::shapes Shape create] 19-19
              signature: Shape create
            chunk [geo::shapes Shape operator==] 20-20
              signature: Shape other
              body: value_ other value_
            chunk [geo::shapes Shape operator bool] 21-21
              body: true
            chunk [geo::shapes Shape Kind] 24-24
              signature: Kind
              body: Round Square
            chunk [geo::shapes Point] 27-27
              signature: Point
              body: x 0 y
            chunk [geo::shapes Point norm] 27-27
              signature: norm
            chunk [geo::shapes Shape] 29-29
              signature: Shape
            chunk [Point norm] 36-39
              signature: geo shapes Point norm
              body: square v v v std sqrt square x square y Circle 1 area
            chunk [clone] 41-41
              signature: T Shape T clone Shape T shape
              body: shape copy T
            chunk [c_api] 42-42
              signature: c_api
        "#]],
    );
}

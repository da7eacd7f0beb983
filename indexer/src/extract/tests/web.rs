//! TypeScript, JavaScript and PHP.

use expect_test::expect;

use super::check;

#[test]
fn typescript() {
    check(
        "src/app/user.service.ts",
        r#"/**
 * Users, and how they are stored.
 */
import type { Store } from '../store';
import axios, { AxiosError as Failure } from "axios";
import * as path from 'node:path';
import './polyfill.js';
export { helper as aid } from './helper';
export * from "./all";
const fs = require('fs');
const { join, resolve: abs } = require("path");

// Not documentation, but near.
export const LIMIT = 10, other = 2;
let hidden: Map<string, User> = new Map();

/** What a user is. */
export interface User<T = unknown> extends Base {
    /** Given name. */
    readonly name: string;
    greet(other: User): void;
    "quoted-key"?: T;
}

export enum Color { Red, Green = "green", Blue }
export type Id = string | { raw: number };

@Injectable({ providedIn: 'root' })
export class UserService<T> extends Service implements Closer {
    private cache = new Map<string, User>();
    static #count = 0;
    constructor(private readonly http: HttpClient) { super(); }

    /** Loads one. */
    @Log()
    async load(id: Id): Promise<User | undefined> {
        const url = `${this.base}/users/${encode(id)}`;
        const retry = async (n: number) => { return this.http.get<User>(url); };
        return this.cache.get(id) ?? (await retry(LIMIT))!;
    }
    handler = (event: Event) => { this.load(event.id); };
    protected abstract close(): void;
}

/** Makes one. */
export const makeUser = async <T,>(name: string): Promise<User<T>> => {
    return new UserService.Builder(name).build();
};

namespace Inner.Deep { export function visible() {} function not() {} }
declare module "thing" { export function there(): void; }
declare function ambient(x: number): string;
function later() {}
function overload(a: string): void;
function overload(a: any) { dynamic(import('./lazy')); }
export { later };
export default hidden;
class Broken { method( { } }
"#,
        expect![[r#"
            errors: 1
            doc: "Users, and how they are stored."
            import ../store [Store] :4
            import axios [axios AxiosError] :5
            import ./polyfill.js [] :7
            import ./helper [helper] :8
            import ./all [*] :9
            import ./lazy [] :55
            Variable fs 10-10 `const fs = require('fs')`
            Constant LIMIT pub 14-14 `export const LIMIT = 10, other = 2`
            Variable other pub 14-14 `export const LIMIT = 10, other = 2`
            Variable hidden pub 15-15 `let hidden: Map<string, User> = new Map()`
            Interface User pub 18-23 `export interface User<T = unknown> extends Base` — What a user is.
              Field name pub 20-20 `readonly name: string` — Given name.
              Method greet pub 21-21 `greet(other: User): void`
              Field quoted-key pub 22-22 `"quoted-key"?: T`
            Enum Color pub 25-25 `export enum Color`
              Variant Red pub 25-25 `Red`
              Variant Green pub 25-25 `Green = "green"`
              Variant Blue pub 25-25 `Blue`
            TypeAlias Id pub 26-26 `export type Id = string | { raw: number }`
              Field raw pub 26-26 `raw: number`
            Class UserService pub 28-43 `export class UserService<T> extends Service implements Closer`
              Field cache 30-30 `private cache = new Map<string, User>()`
              Field count 31-31 `static #count = 0`
              Method constructor pub 32-32 `constructor(private readonly http: HttpClient)`
              Method load pub 35-40 `async load(id: Id): Promise<User | undefined>` — Loads one.
                Function retry 38-38 `const retry = async (n: number) =>`
              Method handler pub 41-41 `handler = (event: Event) =>`
              Method close 42-42 `protected abstract close(): void`
            Function makeUser pub 46-48 `export const makeUser = async <T,>(name: string): Promise<User<T>> =>` — Makes one.
            Module Inner.Deep 50-50 `namespace Inner.Deep`
              Function visible 50-50 `export function visible()`
              Function not 50-50 `function not()`
            Module thing pub 51-51 `declare module "thing"`
              Function there pub 51-51 `export function there(): void`
            Function ambient pub 52-52 `declare function ambient(x: number): string`
            Function later pub 53-53 `function later()`
            Function overload 54-54 `function overload(a: string): void`
            Function overload 55-55 `function overload(a: any)`
            Class Broken 58-58 `class Broken`
            file uses Deep Map×2(1) User abs hidden join later path require×2(2) resolve
            User uses Base
            greet uses User other
            UserService uses Closer Injectable() Map() Service User count providedIn
            constructor uses HttpClient http
            load uses Id LIMIT Log() Promise User×2(0) base cache encode() get×2(2) http id×3(0) retry() url×2(0)
            handler uses Event event×2(0) id load()
            makeUser uses Builder() Promise User UserService build() name×2(0)
            overload uses dynamic()
            Broken uses method
            chunk [] 1-57
              doc: /** * Users, and how they are stored. */
              body: Store axios AxiosError Failure path helper aid fs require join resolve abs require LIMIT 10 other 2 hidden Map User Map Id raw Inner Deep later hidden
              comments: // Not documentation, but near.
              strings: ../store axios node:path ./polyfill.js ./helper ./all fs path thing
            chunk [User] 17-23
              signature: User T Base
              doc: /** What a user is. */ /** Given name. */
              body: name T
              strings: quoted-key
            chunk [User greet] 21-21
              signature: greet other User
            chunk [Color] 25-25
              signature: Color
              body: Red Green Blue
              strings: green
            chunk [UserService] 28-43
              signature: UserService T Service Closer
              body: Injectable providedIn cache Map User #count 0
              strings: root
            chunk [UserService constructor] 32-32
              signature: constructor http HttpClient
              body: super
            chunk [UserService load] 34-40
              signature: load id Id Promise User undefined
              doc: /** Loads one. */
              body: Log url base encode id retry n http get User url cache get id retry LIMIT
              strings: /users/
            chunk [UserService handler] 41-41
              signature: handler event Event
              body: load event id
            chunk [UserService close] 42-42
              signature: close
            chunk [makeUser] 45-48
              signature: makeUser T name Promise User T
              doc: /** Makes one. */
              body: UserService Builder name build
            chunk [Inner.Deep visible] 50-50
              signature: visible
            chunk [Inner.Deep not] 50-50
              signature: not
            chunk [thing there] 51-51
              signature: there
            chunk [ambient] 52-52
              signature: ambient x
            chunk [later] 53-53
              signature: later
            chunk [overload] 54-54
              signature: overload a
            chunk [overload] 55-55
              signature: overload a
              body: dynamic import
              strings: ./lazy
            chunk [Broken] 58-58
              signature: Broken
              body: method
        "#]],
    );
}

#[test]
fn tsx() {
    check(
        "src/View.tsx",
        r#"import React, { useState } from 'react';

interface Props { title: string; onClose?: () => void }

/** Shows a title. */
export function View({ title, onClose }: Props) {
    const [open, setOpen] = useState(true);
    return <Panel.Root className="wide" onClick={() => setOpen(!open)}>
        Hello {format(title)} <Icon name="x" />
    </Panel.Root>;
}
export const Memo = React.memo(View);
"#,
        expect![[r#"
            import react [React useState] :1
            Interface Props 3-3 `interface Props`
              Field title 3-3 `title: string`
              Field onClose 3-3 `onClose?: () => void`
            Function View pub 6-11 `export function View({ title, onClose }: Props)` — Shows a title.
            Variable Memo pub 12-12 `export const Memo = React.memo(View)`
            file uses React View memo()
            View uses Icon() Panel×2(0) Props Root×2(1) className format() name onClick onClose open×2(0) setOpen×2(1) title×2(0) useState()
            chunk [] 1-12
              body: React useState Memo React memo View
              strings: react
            chunk [Props] 3-3
              signature: Props
              body: title onClose
            chunk [View] 5-11
              signature: View title onClose Props
              doc: /** Shows a title. */
              body: open setOpen useState true Panel Root className onClick setOpen open format title Icon name Panel Root
              strings: wide Hello x
        "#]],
    );
}

#[test]
fn javascript() {
    check(
        "lib/queue.js",
        r#"#!/usr/bin/env node
/* Copyright someone. */

/* A queue of jobs. */
'use strict';

const { EventEmitter } = require('events');
const util = require('./util'), debug = require('debug')('queue');

/**
 * A job.
 * @param {string} id
 */
function Job(id) { this.id = id; }
Job.prototype.run = function () { return util.spawn(this.id); };
Job.parse = (text) => new Job(JSON.parse(text));

class Queue extends EventEmitter {
    static limit = 3;
    constructor(size) { super(); this.size = size; this.limit = 1; }
    #jobs = [];
    get size() { return this.#jobs.length; }
    push = (job) => { this.#jobs.push(job); };
    *[Symbol.iterator]() { yield* this.#jobs; }
}

const api = {
    create(options) { return new Queue(options); },
    destroy: function (queue) { queue.close(); },
    limit: 5,
};

(function () { var inner = 1; function hidden() { return inner; } })();
const pattern = /ab+c/g.test(`text ${api.limit}`);
exports.version = '1';
exports.make = function (x) { return x; };
module.exports = { Queue, start: api.create };
"#,
        expect![[r#"
            doc: "A queue of jobs."
            import ./util [] :8
            import debug [] :8
            Variable util 8-8 `const util = require('./util'), debug = require('debug')('queue')`
            Variable debug 8-8 `const util = require('./util'), debug = require('debug')('queue')`
            Function Job 14-14 `function Job(id)` — A job.
            Method run of Job 15-15 `Job.prototype.run = function ()`
            Method parse of Job 16-16 `Job.parse = (text) =>`
            Class Queue pub 18-25 `class Queue extends EventEmitter`
              Field limit pub 19-19 `static limit = 3`
              Method constructor pub 20-20 `constructor(size)`
              Field size pub 20-20 `this.size = size`
              Field jobs 21-21 `#jobs = []`
              Method size pub 22-22 `get size()`
              Method push pub 23-23 `push = (job) =>`
            Variable api pub 27-31 `const api = {`
              Method create pub 28-28 `create(options)`
              Method destroy pub 29-29 `destroy: function (queue)`
            Function hidden 33-33 `function hidden()`
            Variable pattern 34-34 `const pattern = /ab+c/g.test(`text ${api.limit}`)`
            Function make pub 36-36 `exports.make = function (x)`
            file uses EventEmitter Queue api×2(0) create exports×2(0) inner limit×2(0) module require() start test() version
            Job uses id×3(0)
            run uses Job id prototype spawn() util
            parse uses JSON Job×2(1) parse() text×2(0)
            Queue uses EventEmitter Symbol iterator jobs×2(0)
            constructor uses limit size×2(0)
            size uses jobs length
            push uses job×2(0) jobs push()
            create uses Queue() options×2(0)
            destroy uses close() queue×2(0)
            hidden uses inner
            make uses exports
            chunk [] 2-37
              doc: /* A queue of jobs. */
              body: EventEmitter require util require debug require api limit 5 inner 1 pattern test api limit exports version module exports Queue start api create
              comments: /* Copyright someone. */
              strings: use strict events ./util debug queue ab+c text 1
            chunk [Job] 10-14
              signature: Job id
              doc: /** * A job. * @param {string} id */
              body: id id
            chunk [Job run] 15-15
              signature: Job prototype run
              body: util spawn id
            chunk [Job parse] 16-16
              signature: Job parse text
              body: Job JSON parse text
            chunk [Queue] 18-25
              signature: Queue EventEmitter
              body: limit 3 #jobs Symbol iterator #jobs
            chunk [Queue constructor] 20-20
              signature: constructor size
              body: super size size limit 1
            chunk [Queue size] 22-22
              signature: size
              body: #jobs length
            chunk [Queue push] 23-23
              signature: push job
              body: #jobs push job
            chunk [api create] 28-28
              signature: create options
              body: Queue options
            chunk [api destroy] 29-29
              signature: destroy queue
              body: queue close
            chunk [hidden] 33-33
              signature: hidden
              body: inner
            chunk [make] 36-36
              signature: exports make x
              body: x
        "#]],
    );
}

#[test]
fn php() {
    check(
        "src/Http/Kernel.php",
        r#"<?php
declare(strict_types=1);

namespace App\Http;

use App\Models\User;
use App\Support\{Str, Arr as A};
use function App\helper;
require_once __DIR__ . '/bootstrap.php';

/**
 * Handles requests.
 */
#[AsService]
abstract class Kernel extends Base implements Handler
{
    use Loggable;

    public const VERSION = '1.0';
    /** The cache. */
    protected static ?Cache $cache = null;

    public function __construct(private readonly Router $router, public int $limit = 3) {}

    /** Handles one. */
    #[Route('/x')]
    public function handle(Request $request): Response
    {
        $user = User::find($request->get('id')); // loads
        $f = fn($x) => strtoupper($x);
        return $this->router?->dispatch(new Response($f("hi {$user->name}")));
    }
    abstract protected function boot(): void;
}

interface Handler { public function handle(Request $request): Response; }
trait Loggable { private function log(string $m): void { \error_log($m); } }
enum Suit: string { case Hearts = 'H'; const Wild = self::Hearts; public static function any(): self { return self::Hearts; } }
function rough(int $x): int { return $x + LIMIT; }
const LIMIT = 3;
?>
<p>Hello</p>
"#,
        expect![[r#"
            package: App/Http
            import App/Models [User] :6
            import App/Support [Str Arr] :7
            import App [helper] :8
            import ./bootstrap.php [] :9
            Class Kernel pub 14-34 `abstract class Kernel extends Base implements Handler` — Handles requests.
              Constant VERSION pub 19-19 `public const VERSION = '1.0'`
              Field cache 21-21 `protected static ?Cache $cache = null` — The cache.
              Method __construct pub 23-23 `public function __construct(private readonly Router $router, public int $limit = 3)`
              Method handle pub 26-32 `public function handle(Request $request): Response` — Handles one.
              Method boot 33-33 `abstract protected function boot(): void`
            Interface Handler pub 36-36 `interface Handler`
              Method handle pub 36-36 `public function handle(Request $request): Response`
            Class Loggable pub 37-37 `trait Loggable`
              Method log 37-37 `private function log(string $m): void`
            Enum Suit pub 38-38 `enum Suit: string`
              Variant Hearts pub 38-38 `case Hearts = 'H'`
              Constant Wild pub 38-38 `const Wild = self::Hearts`
              Method any pub 38-38 `public static function any(): self`
            Function rough pub 39-39 `function rough(int $x): int`
            Constant LIMIT pub 40-40 `const LIMIT = 3`
            Kernel uses AsService Base Cache Handler Loggable
            __construct uses Router limit router
            handle uses Request Response×2(1) Route User dispatch() find() get() name request×2(0) router strtoupper() user×2(0)
            handle uses Request Response request
            log uses error_log()
            Suit uses Hearts
            any uses Hearts
            rough uses LIMIT
            chunk [] 2-42
              body: 1 App Http App Models User App Support Str Arr A App helper __DIR__ LIMIT 3
              strings: /bootstrap.php <p>Hello</p>
            chunk [Kernel] 11-34
              signature: Kernel Base Handler
              doc: /** * Handles requests. */ /** The cache. */
              body: AsService Loggable VERSION Cache cache null
              strings: 1.0
            chunk [Kernel __construct] 23-23
              signature: __construct Router router limit 3
            chunk [Kernel handle] 25-32
              signature: handle Request request Response
              doc: /** Handles one. */
              body: Route user User find request get f x strtoupper x this router dispatch Response f user name
              comments: // loads
              strings: /x id hi
            chunk [Kernel boot] 33-33
              signature: boot
            chunk [Handler] 36-36
              signature: Handler
            chunk [Handler handle] 36-36
              signature: handle Request request Response
            chunk [Loggable] 37-37
              signature: Loggable
            chunk [Loggable log] 37-37
              signature: log m
              body: error_log m
            chunk [Suit] 38-38
              signature: Suit
              body: Hearts Wild Hearts
              strings: H
            chunk [Suit any] 38-38
              signature: any self
              body: Hearts
            chunk [rough] 39-39
              signature: rough x
              body: x LIMIT
        "#]],
    );
}

//! Java and C#.

use expect_test::expect;

use super::check;

#[test]
fn java() {
    check(
        "src/main/java/org/example/Cache.java",
        r#"/*
 * Licensed to someone.
 */
package org.example.cache;

import java.util.*;
import java.util.Map;
import static org.example.Util.check;

/**
 * A cache.
 *
 * @param <K> keys
 */
@Deprecated
@SuppressWarnings("x")
public final class Cache<K, V> extends Base<K> implements Closeable {
    private static final int MAX_SIZE = 16, other = 2;
    protected Map<K, V> entries = new HashMap<>();

    public Cache(int size) { super(size); }

    /** Gets one. */
    @Override
    public V get(K key) throws IOException {
        // look first
        Function<K, V> load = k -> loader.load(k);
        int local = check(key);
        return entries.computeIfAbsent(key, load::apply).orElse("nothing");
    }

    void packagePrivate() { new Entry<K>(1) { void inner() { run(); } }; }

    enum State { OPEN, CLOSED { boolean done() { return true; } }; State next() { return OPEN; } }
    record Pair<A>(A first, int second) { Pair { check(first); } }
    interface Loader { int LIMIT = 3; Object load(Object key); default void stop() {} }
    @interface Marker { String value() default "x"; }

    @Test
    void checks() { assertEquals(1, get(1)); }
}
"#,
        expect![[r#"
            package: org/example/cache
            import java/util [*] :6
            import java/util [Map] :7
            import org/example/Util [check] :8
            Class Cache pub 15-41 `public final class Cache<K, V> extends Base<K> implements Closeable` — A cache.
              Constant MAX_SIZE 18-18 `private static final int MAX_SIZE = 16, other = 2`
              Field other 18-18 `private static final int MAX_SIZE = 16, other = 2`
              Field entries pub 19-19 `protected Map<K, V> entries = new HashMap<>()`
              Method Cache pub 21-21 `public Cache(int size)`
              Method get pub 24-30 `public V get(K key) throws IOException` — Gets one.
              Method packagePrivate pub 32-32 `void packagePrivate()`
                Method inner 32-32 `void inner()`
              Enum State pub 34-34 `enum State`
                Variant OPEN pub 34-34 `OPEN`
                Variant CLOSED pub 34-34 `CLOSED`
                  Method done pub 34-34 `boolean done()`
                Method next pub 34-34 `State next()`
              Class Pair pub 35-35 `record Pair<A>(A first, int second)`
                Method Pair pub 35-35 `Pair`
              Interface Loader pub 36-36 `interface Loader`
                Constant LIMIT pub 36-36 `int LIMIT = 3`
                Method load pub 36-36 `Object load(Object key)`
                Method stop pub 36-36 `default void stop()`
              Interface Marker pub 37-37 `@interface Marker`
                Method value pub 37-37 `String value() default "x"`
              Method checks pub test 39-40 `void checks()`
            Cache uses Base Closeable Deprecated HashMap() Map SuppressWarnings
            Cache uses size×2(0)
            get uses Function IOException Override apply check() computeIfAbsent() entries key×3(0) load×3(1) loader local orElse()
            packagePrivate uses Entry() run()
            next uses OPEN State
            Pair uses first second
            Pair uses check() first
            load uses Object×2(0) key
            value uses String
            checks uses Test assertEquals() get()
            chunk [] 1-8
              body: org example cache java util java util Map org example Util check
              comments: /* * Licensed to someone. */
            chunk [Cache] 10-41
              signature: Cache K V Base K Closeable
              doc: /** * A cache. * * @param <K> keys */
              body: Deprecated SuppressWarnings MAX_SIZE 16 other 2 Map K V entries HashMap
              strings: x
            chunk [Cache Cache] 21-21
              signature: Cache size
              body: super size
            chunk [Cache get] 23-30
              signature: V get K key IOException
              doc: /** Gets one. */
              body: Override Function K V load k loader load k local check key entries computeIfAbsent key load apply orElse
              comments: // look first
              strings: nothing
            chunk [Cache packagePrivate] 32-32
              signature: packagePrivate
              body: Entry K 1 inner run
            chunk [Cache State] 34-34
              signature: State
              body: OPEN CLOSED
            chunk [Cache State CLOSED done] 34-34
              signature: done
              body: true
            chunk [Cache State next] 34-34
              signature: State next
              body: OPEN
            chunk [Cache Pair] 35-35
              signature: Pair A A first second
            chunk [Cache Pair Pair] 35-35
              signature: Pair
              body: check first
            chunk [Cache Loader] 36-36
              signature: Loader
              body: LIMIT 3
            chunk [Cache Loader load] 36-36
              signature: Object load Object key
            chunk [Cache Loader stop] 36-36
              signature: stop
            chunk [Cache Marker] 37-37
              signature: Marker
            chunk [Cache Marker value] 37-37
              signature: String value
              strings: x
            chunk [Cache checks] 39-40
              signature: checks
              body: Test assertEquals 1 get 1
        "#]],
    );
}

#[test]
fn csharp() {
    check(
        "Services/OrderService.cs",
        r#"using System;
using System.Collections.Generic;
using static System.Math;
using Alias = Some.Other.Type;

namespace Shop.Services
{
    /// <summary>Handles orders.</summary>
    /// <remarks>Carefully.</remarks>
    [Service("orders")]
    public class OrderService<T> : IOrderService where T : class
    {
        private readonly ILogger _logger;
        public const int Max = 3;
        public string Name { get; set; } = "x";
        public event EventHandler Changed;
        public delegate void Done(int x);

        public OrderService(ILogger logger) { _logger = logger; }

        /// <summary>Places one.</summary>
        [HttpPost]
        public async Task<Order> PlaceAsync(Order order, CancellationToken token = default)
        {
            int Local(int x) => x + Max;
            var result = await _logger?.LogAsync($"order {order.Id} {Format(order)}");
            return new Order(Local(1)) { Id = nameof(T) };
        }

        int Hidden() => Abs(1);

        [Fact]
        public void Works() { }
    }

    public interface IOrderService { Task<Order> PlaceAsync(Order order); }
    public record Order(int Id);
    internal struct Point { public int X; }
    enum Color { Red, Green = 2 }
}
"#,
        expect![[r#"
            package: Shop/Services
            import System [*] :1
            import System/Collections/Generic [*] :2
            import System/Math [*] :3
            import Some/Other [Type] :4
            Module Shop.Services pub 6-40 `namespace Shop.Services`
              Class OrderService pub 10-34 `public class OrderService<T> : IOrderService where T : class` — Handles orders.
                Field _logger 13-13 `private readonly ILogger _logger`
                Field Max pub 14-14 `public const int Max = 3`
                Field Name pub 15-15 `public string Name`
                Field Changed pub 16-16 `public event EventHandler Changed`
                TypeAlias Done pub 17-17 `public delegate void Done(int x)`
                Method OrderService pub 19-19 `public OrderService(ILogger logger)`
                Method PlaceAsync pub 22-28 `public async Task<Order> PlaceAsync(Order order, CancellationToken token = default)` — Places one.
                  Function Local 25-25 `int Local(int x)`
                Method Hidden 30-30 `int Hidden()`
                Method Works pub test 32-33 `public void Works()`
              Interface IOrderService pub 36-36 `public interface IOrderService`
                Method PlaceAsync pub 36-36 `Task<Order> PlaceAsync(Order order)`
              Class Order pub 37-37 `public record Order(int Id)`
              Struct Point pub 38-38 `internal struct Point`
                Field X pub 38-38 `public int X`
              Enum Color pub 39-39 `enum Color`
                Variant Red pub 39-39 `Red`
                Variant Green pub 39-39 `Green = 2`
            OrderService uses EventHandler ILogger IOrderService Service
            OrderService uses ILogger _logger logger×2(0)
            PlaceAsync uses CancellationToken Format() HttpPost Id×2(0) Local() LogAsync() Max Order×3(1) Task _logger nameof() order×3(0) result token
            Hidden uses Abs()
            Works uses Fact
            PlaceAsync uses Order×2(0) Task order
            Order uses Id
            chunk [] 1-6
              body: System System Collections Generic System Math Alias Some Other Type Shop Services
            chunk [Shop.Services OrderService] 8-34
              signature: OrderService T IOrderService T
              doc: /// <summary>Handles orders.</summary> /// <remarks>Carefully.</remarks>
              body: Service ILogger _logger Max 3 Name EventHandler Changed Done x
              strings: orders x
            chunk [Shop.Services OrderService OrderService] 19-19
              signature: OrderService ILogger logger
              body: _logger logger
            chunk [Shop.Services OrderService PlaceAsync] 21-28
              signature: Task Order PlaceAsync Order order CancellationToken token
              doc: /// <summary>Places one.</summary>
              body: HttpPost Local x x Max result _logger LogAsync order Id Format order Order Local 1 Id nameof T
              strings: order
            chunk [Shop.Services OrderService Hidden] 30-30
              signature: Hidden
              body: Abs 1
            chunk [Shop.Services OrderService Works] 32-33
              signature: Works
              body: Fact
            chunk [Shop.Services IOrderService] 36-36
              signature: IOrderService
            chunk [Shop.Services IOrderService PlaceAsync] 36-36
              signature: Task Order PlaceAsync Order order
            chunk [Shop.Services Order] 37-37
              signature: Order Id
            chunk [Shop.Services Point] 38-38
              signature: Point
              body: X
            chunk [Shop.Services Color] 39-39
              signature: Color
              body: Red Green 2
        "#]],
    );
}

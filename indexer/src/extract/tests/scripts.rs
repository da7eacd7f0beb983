//! Ruby, Bash, Lua and SQL.

use expect_test::expect;

use super::check;

#[test]
fn ruby() {
    check(
        "lib/shop/order.rb",
        r#"# frozen_string_literal: true

# Orders and what belongs to them.

require 'json'
require_relative "line"

module Shop
  # An order.
  class Order < ApplicationRecord
    include Comparable
    MAX = 10
    attr_accessor :lines, :customer
    has_many :items, dependent: :destroy

    # Makes one.
    def self.build(attrs = {})
      new(attrs).tap { |order| order.check! }
    end

    def total(tax: 0.2)
      @total ||= lines.sum(&:price) * (1 + tax) # with tax
    end

    def to_s = "Order #{total.round(2)}"

    class << self
      def find_all; end
    end

    private

    def secret
      Shop::Vault.open("key")
    end
  end

  class Order::Line; end
end

def test_total
  assert_equal 3, Shop::Order.build.total
end
"#,
        expect![[r#"
            doc: "Orders and what belongs to them."
            import json [] :5
            import ./line [] :6
            Module Shop pub 8-39 `module Shop`
              Class Order pub 10-36 `class Order < ApplicationRecord` — An order.
                Constant MAX pub 12-12 `MAX = 10`
                Field lines pub 13-13 `attr_accessor :lines, :customer`
                Field customer pub 13-13 `attr_accessor :lines, :customer`
                Method build pub 17-19 `def self.build(attrs = {})` — Makes one.
                Method total pub 21-23 `def total(tax: 0.2)`
                Method to_s pub 25-25 `def to_s =`
                Method find_all pub 28-28 `def find_all; end`
                Method secret 33-35 `def secret`
              Class Line pub 38-38 `class Order::Line; end`
            Function test_total pub test 41-43 `def test_total`
            Order uses ApplicationRecord Comparable attr_accessor has_many() include()
            build uses attrs×2(0) check!() new() order×2(0) tap()
            total uses lines sum() tax×2(0) total
            to_s uses round() total
            secret uses Shop Vault open()
            Line uses Order
            test_total uses Order Shop assert_equal() build() total()
            chunk [] 1-8
              doc: # Orders and what belongs to them.
              body: require require_relative Shop
              comments: # frozen_string_literal: true
              strings: json line
            chunk [Shop Order] 9-36
              signature: Order ApplicationRecord
              doc: # An order.
              body: include Comparable MAX 10 attr_accessor has_many dependent private
              strings: :lines :customer :items :destroy
            chunk [Shop Order build] 16-19
              signature: build attrs
              doc: # Makes one.
              body: new attrs tap order order check!
            chunk [Shop Order total] 21-23
              signature: total tax 0.2
              body: @total lines sum 1 tax
              comments: # with tax
              strings: :price
            chunk [Shop Order to_s] 25-25
              signature: to_s
              body: total round 2
              strings: Order
            chunk [Shop Order find_all] 28-28
              signature: find_all
            chunk [Shop Order secret] 33-35
              signature: secret
              body: Shop Vault open
              strings: key
            chunk [Shop Line] 38-38
              signature: Order Line
            chunk [test_total] 41-43
              signature: test_total
              body: assert_equal 3 Shop Order build total
        "#]],
    );
}

#[test]
fn bash() {
    check(
        "scripts/build.sh",
        r#"#!/usr/bin/env bash
# Builds everything.
# Twice, if asked.

set -euo pipefail
source "$(dirname "$0")/lib/common.sh"
. ./env.sh

ROOT="${ROOT:-/tmp}"
readonly VERSION=1

# Compiles one target.
compile() {
    local target="$1"
    log_info "compiling $target in ${ROOT}"
    make -C "$ROOT" "$target" | tee build.log
}

function clean { rm -rf "$ROOT"/out; }

if [[ -n "$1" ]]; then
    compile all && clean
fi
cat <<EOF
Done with $VERSION
EOF
"#,
        expect![[r#"
            doc: "Builds everything."
            import lib/common.sh [] :6
            import ./env.sh [] :7
            Constant ROOT pub 9-9 `ROOT="${ROOT:-/tmp}"`
            Constant VERSION pub 10-10 `VERSION=1`
            Function compile pub 13-17 `compile()` — Compiles one target.
            Function clean pub 19-19 `function clean`
            file uses ROOT VERSION cat() clean() compile() set()
            compile uses ROOT×2(0) log_info() make() target×3(0) tee()
            clean uses ROOT rm()
            chunk [] 1-25
              doc: # Builds everything. # Twice, if asked.
              body: set -euo pipefail source dirname 0 . ./env.sh ROOT ROOT /tmp VERSION 1 1 compile all clean cat VERSION
              comments: #!/usr/bin/env bash
              strings: /lib/common.sh
            chunk [compile] 12-17
              signature: compile
              doc: # Compiles one target.
              body: target 1 log_info target ROOT make -C ROOT target tee build.log
              strings: compiling in
            chunk [clean] 19-19
              signature: clean
              body: rm -rf ROOT /out
        "#]],
    );
}

#[test]
fn lua() {
    check(
        "lua/plugin/init.lua",
        r#"-- The plugin's entry.

local util = require("plugin.util")
local M = {}

--- Sets it up.
-- @param opts table
function M.setup(opts)
  local merged = util.merge(M.defaults, opts or {})
  vim.api.nvim_create_autocmd("BufRead", { callback = function() M:refresh(merged) end })
end

function M:refresh(options) self.options = options end
M.close = function() print('closed') end
local function hidden(x) return x + 1 end
local handlers = { open = function(path) return hidden(path) end, size = 3 }
LIMIT = 10

return M
"#,
        expect![[r#"
            doc: "The plugin's entry."
            import plugin/util [] :3
            Variable util 3-3 `local util = require("plugin.util")`
            Variable M 4-4 `local M = {}`
            Method setup of M pub 8-11 `function M.setup(opts)` — Sets it up.
              Method callback 10-10 `callback = function()`
            Method refresh of M pub 13-13 `function M:refresh(options)`
            Method close of M pub 14-14 `M.close = function()`
            Function hidden 15-15 `local function hidden(x)`
            Variable handlers 16-16 `local handlers = { open = function(path) return hidden(path) end, size = 3 }`
              Method open 16-16 `open = function(path)`
            Constant LIMIT pub 17-17 `LIMIT = 10`
            file uses size
            setup uses api defaults merge() merged×2(0) nvim_create_autocmd() opts×2(0) refresh() util vim
            refresh uses options×3(0)
            close uses print()
            open uses hidden() path×2(0)
            chunk [] 1-19
              doc: -- The plugin's entry.
              body: util require M handlers size 3 LIMIT 10 M
              strings: plugin.util
            chunk [M setup] 6-11
              signature: M setup opts
              doc: --- Sets it up. -- @param opts table
              body: merged util merge M defaults opts vim api nvim_create_autocmd callback M refresh merged
              strings: BufRead
            chunk [M refresh] 13-13
              signature: M refresh options
              body: self options options
            chunk [M close] 14-14
              signature: M close
              body: print
              strings: closed
            chunk [hidden] 15-15
              signature: hidden x
              body: x 1
            chunk [handlers open] 16-16
              signature: open path
              body: hidden path
        "#]],
    );
}

#[test]
fn sql() {
    check(
        "db/schema.sql",
        r#"-- The schema of the shop.

-- Who buys.
CREATE TABLE IF NOT EXISTS shop.customers (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL, -- as written
    email VARCHAR(200) DEFAULT 'none'
);

CREATE VIEW active_customers AS
SELECT c.id, upper(c.name) AS name FROM shop.customers c WHERE c.email <> 'none';

CREATE OR REPLACE FUNCTION add_one(x INTEGER) RETURNS INTEGER AS $$
  SELECT x + 1;
$$ LANGUAGE sql;

INSERT INTO customers (name) VALUES ('Ann');
SELECT * FROM orders WHERE total > 10;
"#,
        expect![[r#"
            doc: "The schema of the shop."
            Table customers pub 4-8 `CREATE TABLE IF NOT EXISTS shop.customers` — Who buys.
              Field id pub 5-5 `id SERIAL PRIMARY KEY`
              Field name pub 6-6 `name TEXT NOT NULL`
              Field email pub 7-7 `email VARCHAR(200) DEFAULT 'none'`
            Table active_customers pub 10-11 `CREATE VIEW active_customers AS`
            Function add_one pub 13-15 `CREATE OR REPLACE FUNCTION add_one(x INTEGER) RETURNS INTEGER`
            file uses customers name orders total
            customers uses shop
            active_customers uses customers email id name×2(0) shop upper()
            add_one uses sql
            chunk [] 1-18
              doc: -- The schema of the shop.
              body: customers name orders total
              strings: 'Ann' 10
            chunk [customers] 3-8
              signature: shop customers
              doc: -- Who buys.
              body: id name email
              comments: -- as written
              strings: 200 'none'
            chunk [active_customers] 10-11
              signature: active_customers
              body: c id upper c name name shop customers c c email
              strings: 'none'
            chunk [add_one] 13-15
              signature: add_one x
              body: x sql
              strings: 1
        "#]],
    );
}

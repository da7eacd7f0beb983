(class name: (constant) @name) @class
(class name: (scope_resolution name: (constant) @name)) @class
(module name: (constant) @name) @module
(module name: (scope_resolution name: (constant) @name)) @module
(method name: (_) @name) @function
(singleton_method name: (_) @name) @function
(assignment left: (constant) @name) @constant
(call method: (identifier) @_method arguments: (argument_list (simple_symbol) @name)
  (#match? @_method "^(attr_(reader|writer|accessor)|mattr_\\w+|cattr_\\w+|class_attribute)$")) @field

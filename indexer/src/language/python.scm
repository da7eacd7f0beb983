; The capture of the outer node is the kind of the definition. Whether a function is a method, and whether a variable
; is a field or a constant, is determined by its context and name.

(function_definition name: (identifier) @name) @function
(class_definition name: (identifier) @name) @class
(assignment left: (identifier) @name) @variable
(assignment left: (pattern_list (identifier) @name)) @variable
(type_alias_statement left: (type (identifier) @name)) @alias

; Attributes assigned to `self` in a method belong to the class.
(assignment left: (attribute object: (identifier) @_self attribute: (identifier) @name
  (#match? @_self "^self$"))) @field @instance

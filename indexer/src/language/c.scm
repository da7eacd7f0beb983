; The name of a C declaration is at the end of its nested declarators. A function declarator makes it a function.

(function_definition declarator: (_) @declarator) @function
(declaration declarator: (_) @declarator) @variable
(field_declaration declarator: (_) @declarator) @field
(struct_specifier name: (_) @name body: (_)) @struct
(union_specifier name: (_) @name body: (_)) @struct
(enum_specifier name: (_) @name body: (_)) @enum
(enumerator name: (identifier) @name) @variant
(type_definition type: (struct_specifier body: (_) @body) declarator: (type_identifier) @name) @struct
(type_definition type: (struct_specifier name: (_) @name body: (_) @body)) @struct
(type_definition type: (union_specifier body: (_) @body) declarator: (type_identifier) @name) @struct
(type_definition type: (union_specifier name: (_) @name body: (_) @body)) @struct
(type_definition type: (enum_specifier body: (_) @body) declarator: (type_identifier) @name) @enum
(type_definition type: (enum_specifier name: (_) @name body: (_) @body)) @enum
(type_definition declarator: (_) @declarator) @alias
(preproc_def name: (identifier) @name value: (_)) @constant
(preproc_function_def name: (identifier) @name value: (_) @body) @macro

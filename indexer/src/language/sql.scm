(create_table (object_reference name: (identifier) @name) (column_definitions)? @body) @table
(create_view (object_reference name: (identifier) @name) (create_query) @body) @table
(create_materialized_view (object_reference name: (identifier) @name) (create_query) @body) @table
(create_function (object_reference name: (identifier) @name) (function_body) @body) @function
(create_function (object_reference name: (identifier) @name)) @function
(create_type (object_reference name: (identifier) @name)) @struct
(column_definition name: (identifier) @name) @field

(function_declaration name: (identifier) @name) @function
(function_declaration name: (dot_index_expression table: (_) @receiver field: (identifier) @name)) @function
(function_declaration name: (method_index_expression table: (_) @receiver method: (identifier) @name)) @method
(variable_declaration (assignment_statement
  (variable_list name: (identifier) @name)
  (expression_list value: (function_definition body: (_) @body)))) @function
(assignment_statement
  (variable_list name: (dot_index_expression table: (_) @receiver field: (identifier) @name))
  (expression_list value: (function_definition body: (_) @body))) @function
(assignment_statement
  (variable_list name: (identifier) @name)
  (expression_list value: (function_definition body: (_) @body))) @function
(field name: (identifier) @name value: (function_definition body: (_) @body)) @method
(variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @variable
(assignment_statement (variable_list name: (identifier) @name)) @variable

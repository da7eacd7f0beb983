(field_definition property: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @method
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @field
(assignment_expression left: (member_expression object: (this) property: (property_identifier) @name)) @field @instance

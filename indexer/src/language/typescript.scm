(public_field_definition name: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @field
(abstract_class_declaration name: (type_identifier) @name) @class
(interface_declaration name: (type_identifier) @name) @interface
(type_alias_declaration name: (type_identifier) @name) @alias
(enum_declaration name: (identifier) @name) @enum
(enum_assignment name: [(property_identifier) (string)] @name) @variant
(internal_module name: (_) @name) @module
(module name: (_) @name) @module
(function_signature name: (identifier) @name) @function
(method_signature name: [(property_identifier) (string)] @name) @method
(abstract_method_signature name: (property_identifier) @name) @method
(property_signature name: [(property_identifier) (string)] @name) @field

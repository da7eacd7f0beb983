(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @receiver))
  name: (field_identifier) @name) @method
(type_spec name: (type_identifier) @name type: (struct_type) @braced) @struct
(type_spec name: (type_identifier) @name type: (interface_type) @braced) @interface
(type_spec name: (type_identifier) @name) @alias
(type_alias name: (type_identifier) @name) @alias
(const_spec name: (identifier) @name) @constant
(var_spec name: (identifier) @name) @variable
(field_declaration name: (field_identifier) @name) @field
(method_elem name: (field_identifier) @name) @method

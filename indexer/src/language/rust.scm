(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @function
(struct_item name: (type_identifier) @name) @struct
(union_item name: (type_identifier) @name) @struct
(enum_item name: (type_identifier) @name) @enum
(enum_variant name: (identifier) @name) @variant
(trait_item name: (type_identifier) @name) @interface
(impl_item type: (type_identifier) @name) @impl
(impl_item type: (generic_type type: (type_identifier) @name)) @impl
(impl_item type: (scoped_type_identifier name: (type_identifier) @name)) @impl
(impl_item type: (generic_type type: (scoped_type_identifier name: (type_identifier) @name))) @impl
(impl_item type: (reference_type type: (type_identifier) @name)) @impl
(impl_item type: (primitive_type) @name) @impl
(impl_item type: (dynamic_type trait: (type_identifier) @name)) @impl
(mod_item name: (identifier) @name body: (_)) @module
(macro_definition name: (identifier) @name) @macro
(type_item name: (type_identifier) @name) @alias
(associated_type name: (type_identifier) @name) @alias
(const_item name: (identifier) @name) @constant
(static_item name: (identifier) @name) @constant
(field_declaration name: (field_identifier) @name) @field

package rpc

// systemMethods exist whatever is configured.
var systemMethods = []Method{
	{
		Name: "system.listMethods", Handle: (*Server).listMethods, AnyState: true,
		Doc:     "List the names of all methods, sorted.",
		Returns: Param{"array", "result", "names with their namespace"},
	},
	{
		Name: "system.methodHelp", Handle: (*Server).methodHelp, AnyState: true,
		Doc:     "Return the description of a method.",
		Params:  []Param{{"string", "name", "the method with its namespace"}},
		Returns: Param{"string", "result", "text with @param and @return lines"},
	},
	{
		Name: "system.methodSignature", Handle: (*Server).methodSignature, AnyState: true,
		Doc:     "Return the types of a method.",
		Params:  []Param{{"string", "name", "the method with its namespace"}},
		Returns: Param{"array", "result", "type of the result, then of each parameter"},
	},
	{
		Name: multicallName, Handle: (*Server).multicall, AnyState: true,
		Doc:     "Carry out several calls, one after the other; each waits for the one before it.",
		Params:  []Param{{"array", "calls", "structs of string methodName and array params; params may be left out"}},
		Returns: Param{"array", "result", "a result per call, bare, or for a fault a struct of faultCode and faultString"},
	},
}

package rpc

import "reeve/config"

// reeveNamespace has the methods that upstream lacks. It exists wherever upstream's own
// interface does, unless a section of the configuration takes the name.
const reeveNamespace = "reeve"

// reeveAPIVersion changes when a method of the namespace changes its meaning, not when
// something is only added.
const reeveAPIVersion = "1.0"

var reeveMethods = []Method{
	{
		Name: "reeve.getAPIVersion", Handle: answer(reeveAPIVersion), Prompt: true, AnyState: true,
		Doc:     "Return the version of the namespace reeve.",
		Returns: Param{"string", "version", reeveAPIVersion},
	},
	{
		Name: "reeve.getVersion", Handle: answer(config.Own), Prompt: true, AnyState: true,
		Doc:     "Return the version of reeve itself. supervisor.getSupervisorVersion returns it after upstream's.",
		Returns: Param{"string", "version", "as in semver"},
	},
}

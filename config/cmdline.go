package config

// Readers of values that the command line has as well as the file. %(here)s means nothing there.

// ParseDir reads the name of a directory that exists; ~ stands for the home directory (checklist 53).
func ParseDir(text string) (string, error) { return parseDir(text, "%(here)s") }

// ParsePath reads the name of a file whose directory exists (checklist 53).
func ParsePath(text string) (string, error) { return parsePath(text, "%(here)s") }

package config

// builder turns the sections of a document into a Config.
type builder struct {
	doc    *document
	cfg    *Config
	host   string
	global names // ENV_ names
	// userText is the daemon's user as written; it is looked up last.
	userText string
	program  *program // made once and used for each program in turn
	trace    *trace   // of Check; else nil
	scales   []Scale
}

// section is a section being read: the names that its values may refer to, and where it
// is, for error messages.
type section struct {
	b    *builder
	name string
	// names are known in all of its values; in a program, those of the first phase
	// (fact 40).
	names names
	// ofProgram says that it is the section of a program, whose name and file are appended
	// to all its errors (fact 57).
	ofProgram bool
}

func (b *builder) section(name string, n names) *section { return &section{b: b, name: name, names: n} }

// first runs steps in order until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// asIs accepts any text.
func asIs(text string) (string, error) { return text, nil }

// expandTwice serves the values that upstream's releases expand twice, so that a file
// keeps the meaning it has there. Where the second expansion fails, the result of the
// first is used: both `%%` and `%%%%` become one percent sign (facts 41, 43).
func expandTwice(raw string, one, two func(string) (string, error)) (string, error) {
	once, err := one(raw)
	if err != nil {
		return "", err
	}
	if twice, err := two(once); err == nil {
		return twice, nil
	}
	return once, nil
}

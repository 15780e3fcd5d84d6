package config

// builder turns the sections of a document into a Config.
type builder struct {
	doc    *document
	cfg    *Config
	host   string
	global names // ENV_ names
	// userText is the daemon's user as written; it is looked up last.
	userText string
}

// section is a section being read: the names that its values may refer to, and where it
// is, for error messages.
type section struct {
	b    *builder
	name string
	// names are known in all of its values; in a program, those of the first phase
	// (fact 40).
	names names
}

func (b *builder) section(name string, n names) *section { return &section{b: b, name: name, names: n} }

// raw returns the text of a key before expansion, or fallback if it is not given.
func (s *section) raw(key, fallback string) (text string, given bool) {
	if text, given = s.b.doc.get(s.name, key); given {
		return text, true
	}
	return fallback, false
}

// text returns the expanded text of a key. A fallback is not expanded.
func (s *section) text(key, fallback string) (string, error) {
	raw, given := s.raw(key, fallback)
	if !given {
		return raw, nil
	}
	text, err := s.names.expand(raw, s.name+"."+key)
	return text, s.hide(err, key)
}

// value reads a key: its text is expanded, then parsed.
func value[T any](s *section, key, fallback string, parse func(string) (T, error)) (T, error) {
	text, err := s.text(key, fallback)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := parse(text)
	return v, s.hide(err, key)
}

// first runs steps in order until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read returns a step that reads one option into a field.
func read[T any](s *section, key, fallback string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		*into, err = value(s, key, fallback, parse)
		return err
	}
}

// given is like read for an option without a default: if the key is missing, the field is
// left alone.
func given[T any](s *section, key string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		if _, ok := s.raw(key, ""); ok {
			*into, err = value(s, key, "", parse)
		}
		return err
	}
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

package config

// builder turns the sections of a document into a Config.
type builder struct {
	doc    *document
	cfg    *Config
	host   string
	global names // ENV_ names
	// userText is the daemon's user, which is looked up last.
	userText string
}

// section is one section being read: what its values may refer to, and how complaints about it end.
type section struct {
	b    *builder
	name string
	// names are known to all of its values; early ones in the first phase of a program (checklist 40).
	names names
}

func (b *builder) section(name string, n names) *section { return &section{b: b, name: name, names: n} }

// raw is the text of a key before expansion.
func (s *section) raw(key, fallback string) (text string, given bool) {
	if text, given = s.b.doc.get(s.name, key); given {
		return text, true
	}
	return fallback, false
}

// text is the expanded text of a key. Values that are not in the file are not expanded.
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

// first carries steps out in order until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read is the step of reading one option into a field.
func read[T any](s *section, key, fallback string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		*into, err = value(s, key, fallback, parse)
		return err
	}
}

// given is the same for an option without a default.
func given[T any](s *section, key string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		if _, ok := s.raw(key, ""); ok {
			*into, err = value(s, key, "", parse)
		}
		return err
	}
}

// asIs is the reader of values that are any text.
func asIs(text string) (string, error) { return text, nil }

// expandTwice is for values that the releases expand twice: who got the meaning of a file from them keeps it. Where the second
// time fails there, once is enough here: `%%` and `%%%%` are both one percent sign (checklist 41, 43).
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

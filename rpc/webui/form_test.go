package webui

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzForm: what the standard library can parse is parsed alike, except for which of
// several values counts and for empty ones; and quoted text is read back unchanged.
func FuzzForm(f *testing.F) {
	f.Add("processname=a%3Ab&action=start&action=stop", "a:b")
	f.Add("a=1&&=2&b&c=%zz&d=+%2B&selected=x&selected=y", "é\x00\xff/ ~")
	f.Fuzz(func(t *testing.T, query, name string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		got, err := readForm(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := url.ParseQuery(query); err == nil {
			for key, values := range want {
				first := ""
				for _, v := range values {
					if first == "" {
						first = strings.ToValidUTF8(v, "\uFFFD")
					}
				}
				// Different keys that are not UTF-8 may be equal after decoding.
				if utf8.ValidString(key) && !strings.Contains(key, "\uFFFD") && got.values[key] != first {
					t.Errorf("%q: %q is %q, want %q", query, key, got.values[key], first)
				}
			}
		}
		r.URL.RawQuery = "name=" + quote(name)
		if got, _ := readForm(nil, r); got.values["name"] != strings.ToValidUTF8(name, "\uFFFD") {
			t.Errorf("%q came back as %q", name, got.values["name"])
		}
	})
}

package config_test

import (
	"testing"
)

// TestIPv6Addresses: in brackets they work, also in the URL that children get; other
// spellings, which upstream cannot open either, are refused with an explanation.
func TestIPv6Addresses(t *testing.T) {
	const brackets = ", an IPv6 address stands in brackets, as in [::1]:9001, in section 'inet_http_server' (file: 'DIR/s.conf')"
	for port, want := range map[string]string{
		"[::1]:9001":          "::1 http://[::1]:9001",
		"[0:0::1]:9001":       "::1 http://[::1]:9001",
		"[2001:DB8::7]:80":    "2001:db8::7 http://[2001:db8::7]:80",
		"[::]:9001":           ":: http://[::1]:9001",
		"[fe80::1%%eth0]:901": "fe80::1%eth0 http://[fe80::1%25eth0]:901",
		"localhost:9001":      "localhost http://localhost:9001",
		"*:9001":              " http://localhost:9001",
		"::1:9001":            "invalid port value '::1:9001'" + brackets,
		"::1":                 "invalid port value '::1'" + brackets,
		"[::1:9001":           "invalid port value '[::1:9001'" + brackets,
		"[localhost]:9001":    "invalid port value '[localhost]:9001'" + brackets,
		"[127.0.0.1]:9001":    "invalid port value '[127.0.0.1]:9001'" + brackets,
		"[::1]":               "invalid literal for int() with base 10: '1]'",
		"[::1]:0":             "0 is below lower bound (1)",
	} {
		cfg, err := load(t, "[supervisord]\n[inet_http_server]\nport="+port)
		got := relative(err)
		if err == nil {
			got = cfg.Servers[0].Host + " " + cfg.ServerURL
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", port, got, want)
		}
	}
}

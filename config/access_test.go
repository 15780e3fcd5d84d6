package config_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"reeve/config"
)

func TestAccessOfServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lines, want string }{
		{"", "[] [] 0"},
		{"allowed_hosts=Ops.example.com, *.corp.example,h:8080,*", "[ops.example.com *.corp.example h:8080 *] [] 0"},
		{"trusted_proxies=10.1.2.3,192.168.7.9/16,::1,*", "[] [10.1.2.3/32 192.168.0.0/16 ::1/128 *] 0"},
		{"max_connections=16", "[] [] 16"},
		{"allowed_hosts=http://ops", "invalid allowed_hosts value 'http://ops', not NAME, NAME:PORT, *.DOMAIN or *"},
		{"allowed_hosts=a/b", "invalid allowed_hosts value 'a/b', not NAME, NAME:PORT, *.DOMAIN or *"},
		{"allowed_hosts=a,,b", "invalid allowed_hosts value '', not NAME, NAME:PORT, *.DOMAIN or *"},
		{"trusted_proxies=proxy", "invalid trusted_proxies value 'proxy', not an address, a network such as 10.0.0.0/8, or *"},
		{"trusted_proxies=10.0.0.0/33", "invalid trusted_proxies value '10.0.0.0/33', not an address, a network such as 10.0.0.0/8, or *"},
		{"max_connections=15", "invalid max_connections value '15', not a number from 16 to 1048576"},
		{"max_connections=many", "invalid max_connections value 'many', not a number from 16 to 1048576"},
	} {
		for section, key := range map[string]string{"inet_http_server": "port=9001", "unix_http_server": "file=/s"} {
			dir := write(t, map[string]string{"s.conf": "[supervisord]\n[" + section + "]\n" + key + "\n" + c.lines + "\n"})
			path, got := filepath.Join(dir, "s.conf"), ""
			cfg, err := (&config.Loader{Path: path}).Load()
			if err == nil {
				s := cfg.Servers[0]
				got = fmt.Sprintf("%v %v %d", s.AllowedHosts, s.TrustedProxies, s.MaxConnections)
			} else {
				got = err.Error()
				c.want += ", in section [" + section + "] (file: '" + path + "')"
			}
			if got != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", c.lines, got, c.want)
			}
			if err != nil {
				break
			}
		}
	}
}

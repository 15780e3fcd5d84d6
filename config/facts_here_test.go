package config_test

import (
	"strings"
	"testing"
)

// %(here)s is replaced in the whole document before files= is evaluated: the message
// shows the replacement.
func Test032HereIsReplacedBeforeFilesIsRead(t *testing.T) {
	_, dir, err := loadFiles(t, map[string]string{"s.conf": "[supervisord]\n[include]\nfiles=%(here)s/%(x)s\n"})
	if err == nil {
		t.Fatal("no error")
	}
	want := "Format string 'DIR/%(x)s' for 'include.files' contains names ('x') which cannot be expanded. " +
		"Available names: ENV_HOME, ENV_N, ENV_PCT, here, host_node_name"
	if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

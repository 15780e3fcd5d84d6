package compat

import (
	"debug/buildinfo"
	"testing"
)

// TestBuiltAsReleased checks that the programs that these tests run are built as released
// ones are, without cgo; README tells those who build their own to do the same.
func TestBuiltAsReleased(t *testing.T) {
	t.Parallel()
	if ours.why != "" {
		t.Skip(ours.why)
	}
	if ours == oracle {
		t.Skip("the oracle plays both sides")
	}
	for _, path := range []string{ours.daemon, ours.ctl, ours.pidpxy, ours.sample} {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		found := ""
		for _, s := range info.Settings {
			if s.Key == "CGO_ENABLED" {
				found = s.Value
			}
		}
		if found != "0" {
			t.Errorf("%s was built with CGO_ENABLED=%q", path, found)
		}
	}
}

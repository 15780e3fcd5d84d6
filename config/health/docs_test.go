package health

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPage: docs/health.md has the defaults, all kinds, and examples that are accepted.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	d := Defaults()
	for key, value := range map[string]string{
		"ready_timeout": "60s", "health_interval": d.Interval.String(), "health_timeout": d.Timeout.String(), "health_retries": strconv.Itoa(d.Retries),
		"health_start_period": "0", "health_action": "restart", "watchdog_signal": "ABRT",
	} {
		if !strings.Contains(page, "\n| `"+key+"` | `"+value+"` |") {
			t.Errorf("the page has no row with %s, default %s", key, value)
		}
	}
	if d.ReadyTimeout != time.Minute || d.StartPeriod != 0 || !reflect.DeepEqual(d.Action, Action{Do: Restart}) {
		t.Errorf("the defaults are %+v", d)
	}
	for _, r := range rows {
		if !strings.Contains(page, "`"+strings.TrimSuffix(r.prefix, ":")) {
			t.Errorf("the page does not know %s", r.shown)
		}
	}
	ready, healthy := 0, 0
	for _, line := range regexp.MustCompile(`(?m)^(ready|health) = (.*)$`).FindAllStringSubmatch(page, -1) {
		var err error
		if line[1] == "ready" {
			ready++
			_, err = ParseReady(line[2], words)
		} else {
			healthy++
			_, err = ParseHealth(line[2], words)
		}
		if err != nil && !(line[2] == "notify" && !notifies) {
			t.Errorf("%s: %v", line[0], err)
		}
	}
	if ready < 8 || healthy < 4 {
		t.Errorf("only %d examples of ready and %d of health", ready, healthy)
	}
}

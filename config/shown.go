package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"reeve/config/health"
	"reeve/supervisor/process"
)

// shownValue returns a value as a file would have it.
func shownValue(key string, v any) string {
	switch v := v.(type) {
	case int:
		if v == process.Unlimited {
			return "unlimited"
		}
		return strconv.Itoa(v)
	case int64:
		return shownBytes(v)
	case uint32:
		return fmt.Sprintf("%#o", v)
	case time.Duration:
		if strings.HasSuffix(key, "secs") { // those of upstream have no unit
			return strconv.FormatInt(int64(v/time.Second), 10)
		}
		return shownDuration(v)
	case []int:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]")
	case []string:
		return strings.Join(v, ",")
	case *string:
		return shownURL(v)
	case *int:
		if v == nil {
			return ""
		}
		return fmt.Sprintf("%03o", *v)
	case *User:
		if v == nil {
			return ""
		}
		return v.Name
	case *Owner:
		if v == nil {
			return ""
		}
		return fmt.Sprintf("%d:%d", v.UID, v.GID)
	case process.StopSequence:
		return shownStop(v)
	case process.StartLimit:
		if v.Starts == 0 {
			return ""
		}
		return fmt.Sprintf("%d/%s", v.Starts, shownDuration(v.Within))
	case bool:
		if key == "payload_length" {
			return map[bool]string{false: "characters", true: "bytes"}[v]
		}
		return strconv.FormatBool(v)
	}
	return shownWord(v)
}

// shownWord is shownValue for the types whose values are words.
func shownWord(v any) string {
	switch v := v.(type) {
	case syscall.Signal:
		return shownSignal(v)
	case process.Autorestart:
		return [...]string{"false", "unexpected", "true"}[v]
	case Essential:
		return essentials[v].word
	case health.Action:
		if v.Do == health.Send {
			return "signal:" + shownSignal(v.Signal)
		}
		return map[health.Do]string{health.Restart: "restart", health.Stop: "stop", health.Nothing: "none"}[v.Do]
	}
	return fmt.Sprint(v) // text, numbers, and types with a String method
}

func shownSignal(sig syscall.Signal) string {
	return strings.TrimPrefix(process.SignalName(sig), "SIG")
}

// shownStop returns signals as stopsignal has them.
func shownStop(all process.StopSequence) string {
	words := make([]string, len(all))
	for i, step := range all {
		if words[i] = shownSignal(step.Signal); i > 0 {
			words[i-1] += ":" + shownDuration(step.After)
		}
	}
	return strings.Join(words, " ")
}

// shownURL returns an address without the password that may be in it.
func shownURL(text *string) string {
	if text == nil {
		return "AUTO"
	}
	if u, err := url.Parse(*text); err == nil {
		return u.Redacted()
	}
	return "***"
}

func shownDuration(d time.Duration) string {
	if d%time.Second == 0 && d < time.Minute {
		return strconv.Itoa(int(d / time.Second))
	}
	text := d.String() // as 1m0s, 1h0m0s
	text = strings.TrimSuffix(text, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(text, "m0s")]
	return strings.TrimSuffix(text, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(text, "h0m")]
}

func shownBytes(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if n != 0 && n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}

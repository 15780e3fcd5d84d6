package spawn

import "maps"

func init() {
	maps.Copy(parts, map[string]func(){
		"leave-orphans": leaveOrphans,
		"inherit":       inherit,
		"inherited":     startWithInherited,
		"limits":        reportLimits,
		"exhausted":     startExhausted,
	})
}

//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"math"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	pictureWidth = 760
	labelWidth   = 315 // of the texts on the left
	barHeight    = 18
	rowHeight    = 30
	axisHeight   = 34
	valueWidth   = 70 // of the number after a bar
)

// style makes the picture readable on light and on dark pages.
const style = `text{font:13px system-ui,sans-serif;fill:#1f2328}.bar{fill:#1a7f64}.line{stroke:#d0d7de}.small{font-size:11px;fill:#59636e}` +
	`@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.bar{fill:#3fb68b}.line{stroke:#3d444d}.small{fill:#9198a1}}`

// picture draws how many times better each row is, on a logarithmic scale, because some
// are twice as good and some a thousand times. A row that is not better has no bar.
func picture(rows []entry, texts []string) string {
	most := 10.0
	for _, e := range rows {
		most = math.Max(most, math.Pow(10, math.Ceil(math.Log10(e.times()))))
	}
	decade := (pictureWidth - labelWidth - valueWidth) / math.Log10(most)
	height := len(rows)*rowHeight + axisHeight
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", pictureWidth, height, pictureWidth, height)
	fmt.Fprintf(&s, "<title>How many times better each figure is than Supervisor's</title>\n<style>%s</style>\n", style)
	for power := 0.0; power <= math.Log10(most)+0.5; power++ {
		x := labelWidth + power*decade
		bottom, scale := len(rows)*rowHeight, strings.TrimSuffix(thousands(math.Pow(10, power)), ".0")
		fmt.Fprintf(&s, `<line class="line" x1="%.0f" y1="0" x2="%.0f" y2="%d"/>`+"\n", x, x, bottom)
		fmt.Fprintf(&s, `<text class="small" x="%.0f" y="%d" text-anchor="middle">%s ×</text>`+"\n", x, bottom+16, scale)
	}
	for i, e := range rows {
		y := i*rowHeight + (rowHeight-barHeight)/2
		length := math.Max(0, math.Log10(e.times())) * decade
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", labelWidth-10, y+14, strings.ReplaceAll(texts[i], "`", ""))
		fmt.Fprintf(&s, `<rect class="bar" x="%d" y="%d" width="%.0f" height="%d" rx="2"/>`+"\n", labelWidth, y, length, barHeight)
		fmt.Fprintf(&s, `<text x="%.0f" y="%d">%s</text>`+"\n", labelWidth+length+6, y+14, strings.TrimSuffix(factor(&e), " times")+" ×")
	}
	return s.String() + "</svg>\n"
}

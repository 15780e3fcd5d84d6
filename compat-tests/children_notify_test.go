package compat

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// childNotify ORDER… says something about itself by the protocol of sd_notify, and
// lingers. Orders:
//
//	send:TEXT    sends a message; + stands for a new line
//	when:FILE    waits until the file exists, and removes it
//	every:N:TEXT sends it each N milliseconds until the next file of a when: exists
//	flood:N:TEXT sends it N times, as fast as it can be sent
//	at:FILE      sends to the address in the file instead of that in its environment
//	tell:FILE    writes the address from its environment into the file
func childNotify(orders []string) int {
	address := os.Getenv("NOTIFY_SOCKET")
	for i, order := range orders {
		verb, arg, _ := strings.Cut(order, ":")
		switch verb {
		case "send":
			notify(address, arg)
		case "when":
			for os.Remove(arg) != nil {
				<-time.After(10 * time.Millisecond)
			}
		case "every":
			pause, text, _ := strings.Cut(arg, ":")
			ms, _ := strconv.Atoi(pause)
			until := ""
			if i+1 < len(orders) {
				until = strings.TrimPrefix(orders[i+1], "when:")
			}
			for until == "" || !fileExists(until) {
				notify(address, text)
				<-time.After(time.Duration(ms) * time.Millisecond)
			}
		case "flood":
			count, text, _ := strings.Cut(arg, ":")
			n, _ := strconv.Atoi(count)
			for range n {
				notify(address, text)
			}
		case "at":
			text, _ := os.ReadFile(arg)
			address = string(text)
		case "tell":
			_ = os.WriteFile(arg, []byte(address), 0o644)
		default:
			fmt.Println("no such order", order)
			return 95
		}
	}
	fmt.Println("told")
	return linger()
}

// notify sends a message. What the receiver does not take is lost, after a second.
func notify(address, text string) {
	c, err := net.Dial("unixgram", address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte(strings.ReplaceAll(text, "+", "\n"))); err != nil {
		fmt.Println(err)
	}
}

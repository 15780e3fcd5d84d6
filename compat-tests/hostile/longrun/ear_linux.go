package longrun

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
)

// listen is an event listener that notes down what it hears, and then answers. One that is
// wild fails now and then, in each way that there is.
func (c *child) listen(file string) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		c.exit(97)
	}
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM)
	note := func(h judge.Heard) {
		h.Listener = c.id
		if _, err := f.Write(judge.AppendHeard(nil, h)); err != nil {
			c.exit(96)
		}
	}
	note(judge.Heard{Begin: true})
	events := make(chan judge.Heard)
	go func() {
		for in := bufio.NewReader(os.Stdin); ; {
			h, err := readEvent(in)
			if err != nil {
				c.exit(0) // the daemon has closed it
			}
			events <- h
		}
	}()
	wild := c.args["wild"]
	for {
		say("READY\n")
		select {
		case <-terms:
			c.exit(0)
		case h := <-events:
			if wild > 0 && c.dice.IntN(wild) == 0 {
				switch c.dice.IntN(4) {
				case 0:
					say("RESULT 4\nFAIL")
					continue
				case 1:
					time.Sleep(time.Duration(c.dice.IntN(1000)) * time.Millisecond)
				case 2:
					note(h)
					c.exit(0) // heard, and not answered
				case 3:
					c.exit(1)
				}
			}
			note(h)
			say("RESULT 2\nOK")
		}
	}
}

func say(text string) { _, _ = os.Stdout.WriteString(text) }

func readEvent(in *bufio.Reader) (h judge.Heard, err error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return h, err
	}
	length := 0
	for f := range strings.FieldsSeq(head) {
		switch k, v, _ := strings.Cut(f, ":"); k {
		case "serial":
			h.Serial, err = strconv.ParseUint(v, 10, 64)
		case "poolserial":
			h.Pool, err = strconv.ParseUint(v, 10, 64)
		case "eventname":
			h.Name = v
		case "len":
			length, err = strconv.Atoi(v)
		}
		if err != nil {
			return h, err
		}
	}
	payload := make([]byte, length)
	_, err = io.ReadFull(in, payload)
	h.Payload = string(payload)
	return h, err
}

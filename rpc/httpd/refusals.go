package httpd

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"reeve/supervisor/rescue"
)

// Refused requests are counted per peer and logged: at once, then at most once a minute.
// A peer whose logins keep failing gets its answers later and later; a login that
// succeeds is never delayed, so other users behind the same proxy notice nothing.
const (
	tellEach   = time.Minute
	forgetFor  = 10 * time.Minute
	mostPeers  = 1024
	mostLines  = 60 // for all peers, per minute
	freeLogins = 5
	firstDelay = 100 * time.Millisecond
)

// refusal is why a request was refused.
type refusal int

const (
	badLogin refusal = iota
	badSite
	refusalKinds
)

var refusalTexts = [refusalKinds]string{
	badLogin: "refused %d login(s) from %s to %s: wrong username or password",
	badSite:  "refused %d request(s) of a browser at %s to %s: of another site's page, or for a name that is not this server's",
}

type peerKey struct {
	section string
	net     netip.Prefix // a single address, or the /64 of IPv6; zero for a unix socket
	kind    refusal
}

type peerCount struct {
	name   string
	untold int // refusals since the last line
	logins int // refusals since the peer was added
	told   time.Time
	last   time.Time
}

type refusals struct {
	tell func(line string)
	most time.Duration // the longest delay

	mu      sync.Mutex
	peers   map[peerKey]*peerCount
	pending *time.Timer // not nil: will log what is not logged yet
	minute  time.Time
	lines   int // lines logged since minute
	others  int // refusals of peers forgotten before they were logged
}

// add counts a refused request and returns how long its answer must be delayed.
func (r *refusals) add(section string, peer netip.Addr, kind refusal) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	key, name := peerKey{section: section, kind: kind}, "localhost"
	if peer.IsValid() {
		bits := peer.BitLen()
		if peer.Is6() {
			bits = 64
		}
		key.net, _ = peer.Prefix(bits)
		name = peer.String()
	}
	p := r.peers[key]
	if p != nil && now.Sub(p.last) > forgetFor && p.untold == 0 {
		p = nil
	}
	if p == nil {
		p = &peerCount{name: name}
		r.put(key, p)
	}
	p.last = now
	p.untold++
	p.logins++
	r.due(key, p, now)
	if kind != badLogin || !peer.IsValid() || p.logins <= freeLogins {
		return 0
	}
	return min(firstDelay<<min(p.logins-freeLogins-1, 16), r.most)
}

// put adds a peer. If there are too many it replaces one that was quiet for long.
func (r *refusals) put(key peerKey, p *peerCount) {
	if r.peers == nil {
		r.peers = map[peerKey]*peerCount{}
	}
	if _, again := r.peers[key]; !again && len(r.peers) >= mostPeers {
		var oldest peerKey
		var since time.Time
		looked := 0
		for k, q := range r.peers { // random order: the oldest of a few is good enough
			if looked == 0 || q.last.Before(since) {
				oldest, since = k, q.last
			}
			if looked++; looked == 8 {
				break
			}
		}
		r.others += r.peers[oldest].untold
		delete(r.peers, oldest)
	}
	r.peers[key] = p
}

// due logs a peer's refusals if a line is due, else schedules that. The caller holds mu.
func (r *refusals) due(key peerKey, p *peerCount, now time.Time) {
	if now.Sub(r.minute) >= tellEach {
		r.minute, r.lines = now, 0
		if r.others > 0 {
			r.tell(fmt.Sprintf("refused %d request(s) from many other addresses", r.others))
			r.others = 0
		}
	}
	switch {
	case p.untold == 0:
	case r.lines < mostLines && (p.told.IsZero() || now.Sub(p.told) >= tellEach):
		r.tell(fmt.Sprintf(refusalTexts[key.kind], p.untold, p.name, key.section))
		r.lines++
		p.untold, p.told = 0, now
	case r.pending == nil:
		r.pending = time.AfterFunc(tellEach, rescue.Around("the log of refusals", r.elapsed))
	}
}

// elapsed logs what is not logged yet, and forgets peers that have been quiet.
func (r *refusals) elapsed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		return // closed
	}
	r.pending = nil
	now := time.Now()
	for key, p := range r.peers {
		r.due(key, p, now)
		if p.untold == 0 && now.Sub(p.last) > forgetFor {
			delete(r.peers, key)
		}
	}
	if r.others > 0 && r.pending == nil {
		r.pending = time.AfterFunc(tellEach, rescue.Around("the log of refusals", r.elapsed))
	}
}

// close logs the rest and stops the timer.
func (r *refusals) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending != nil {
		r.pending.Stop()
		r.pending = nil
	}
	for key, p := range r.peers {
		if p.untold > 0 && r.lines < mostLines {
			r.tell(fmt.Sprintf(refusalTexts[key.kind], p.untold, p.name, key.section))
			r.lines++
		}
		p.untold = 0
	}
}

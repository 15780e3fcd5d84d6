package main

import "testing"

// TestClockIsSet sets the clock an hour forward, and later back, while each kind of wait
// is under way: nothing is cut short, nothing takes an hour longer, nothing is restarted.
func TestClockIsSet(t *testing.T) {
	inSecondKernel(t, `
[program:web]
command=/bin/sleep 100000
startsecs=0
[program:slow]
command=/bin/sleep 100000
startsecs=3
autostart=false
[program:deaf]
command=/bin/sh -c 'trap "" TERM; while :; do sleep 1000; done'
startsecs=0
stopwaitsecs=2
killasgroup=true
[program:fails]
command=/bin/sh -c 'echo x >>/tmp/tries; exit 1'
autostart=false
startretries=1
startsecs=1
`, `
daemon
await "web" state web RUNNING
before=$(ctl pid web)
for step in '+1 hour' '-1 hour'; do
	begun=$(seconds)
	ctl start slow >/dev/null &
	started=$!
	await "the start" logged "spawned: 'slow'"
	date -s "$step" >/dev/null
	state slow '' # the loop looks at the clock
	wait $started
	[ $(($(seconds) - begun)) -ge 2 ] || fail "$step: startsecs were over at once"
	state slow RUNNING || fail "$step: not RUNNING"
	ctl stop slow >/dev/null

	rm -f tries
	ctl start fails >/dev/null 2>&1 &
	await "the first try" test -s tries
	date -s "$step" >/dev/null
	await "FATAL after all tries" state fails FATAL
	[ "$(wc -l <tries)" = 2 ] || fail "$step: $(wc -l <tries) tries"

	begun=$(seconds)
	ctl stop deaf >/dev/null &
	stopped=$!
	await "the stop" logged "waiting for deaf to stop"
	date -s "$step" >/dev/null
	state deaf ''
	wait $stopped
	[ $(($(seconds) - begun)) -ge 1 ] || fail "$step: stopwaitsecs were over at once"
	state deaf STOPPED || fail "$step: not STOPPED"
	ctl start deaf >/dev/null
	[ "$(lines "killing 'deaf'")" = 1 ] || fail "$step: killed $(lines "killing 'deaf'") times"
	: >log
	echo "ok: $step"
done
[ "$(ctl pid web)" = "$before" ] || fail "web was restarted"
kill $daemon
wait $daemon || fail "the daemon ended with $?"
`)
}

// TestOutOfMemory has the kernel kill, for lack of memory, a program and in turn each of
// our own processes: the starter, pidproxy, supervisorctl and the daemon.
func TestOutOfMemory(t *testing.T) {
	inSecondKernel(t, `
[program:eats]
command=/bin/sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs; x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done'
startsecs=0
autostart=false
autorestart=false
[program:web]
command=/bin/sleep 100000
startsecs=0
[program:late]
command=/bin/sleep 100001
startsecs=0
autostart=false
[program:behind]
command=/mnt/pidproxy /tmp/behind.pid /bin/sh -c 'echo $$ >/tmp/behind.pid; exec sleep 100002'
startsecs=0
autorestart=false
`, `
cd /sys/fs/cgroup
echo +memory >cgroup.subtree_control
mkdir small none
echo 16M >small/memory.max
cd /tmp

kills() { sed -n 's/^oom_kill //p' "/sys/fs/cgroup/$1/memory.events"; }
killed() { [ "$(kills "$1")" -ge "$2" ]; }
# starve PID: from now on what this process needs is its death.
starve() {
	echo $1 >/sys/fs/cgroup/none/cgroup.procs
	echo 0 >/sys/fs/cgroup/none/memory.max
}
feed() { echo max >/sys/fs/cgroup/none/memory.max; }

daemon
await "web" state web RUNNING
web=$(ctl pid web)

ctl start eats >/dev/null
await "the kill of a program" killed small 1
await "the end of a program" state eats EXITED
logged "exited: eats (terminated by SIGKILL; not expected)" || fail "it was not said how it ended"
echo "ok: a program"

starter=$(pgrep -P $daemon reeve-starter) || fail "no starter"
starve $starter
ctl start late >/dev/null || fail "a start while the starter dies"
killed none 1 || fail "the starter was not killed"
feed
state late RUNNING || fail "late"
[ "$(pgrep -f 'sleep 100001' | wc -l)" = 1 ] || fail "late runs $(pgrep -f 'sleep 100001' | wc -l) times"
echo "ok: the starter"

await "the program behind pidproxy" test -s behind.pid
starve $(ctl pid behind)
kill -USR1 $(ctl pid behind)
await "the kill of pidproxy" killed none 2
feed
await "the end of pidproxy" state behind EXITED
kill -0 $(cat behind.pid) || fail "what pidproxy started has ended"
echo "ok: pidproxy"

sh -c 'echo $$ >/sys/fs/cgroup/none/cgroup.procs; exec supervisorctl -c /tmp/conf maintail -f' >tail &
client=$!
await "the client's output" grep -q spawned tail
echo 0 >/sys/fs/cgroup/none/memory.max
await "the kill of supervisorctl" killed none 3
feed
wait $client
[ $? = 137 ] || fail "supervisorctl ended with $?"
state web RUNNING || fail "web"
echo "ok: supervisorctl"

starve $daemon
await "the kill of the daemon" killed none 4
feed
wait $daemon
[ $? = 137 ] || fail "the daemon ended with $?"
kill -0 $web || fail "a program ended with the daemon"
kill $web $(pgrep -f 'sleep 100001')
daemon
await "web" state web RUNNING
echo "ok: the daemon"
kill $daemon
wait $daemon || fail "the daemon ended with $?"
`)
}

// TestNoFilesLeft has a kernel that can't open one file more (ENFILE), for a daemon that
// is not root, when it is to start a program, accept a client and reopen its logs.
func TestNoFilesLeft(t *testing.T) {
	inSecondKernel(t, `
[program:web]
command=/bin/sh -c 'while read line; do echo $line; done </tmp/feed'
startsecs=0
autorestart=true
`, `
mkfifo feed
exec 9<>feed
chmod 777 logs
chown 65534:65534 conf feed
setpriv --reuid=65534 --regid=65534 --clear-groups supervisord -n -c /tmp/conf >out 2>&1 &
daemon=$!
await "web" state web RUNNING
echo before >&9
log=$(echo logs/web-stdout*)
await "the first line" grep -q before $log
most=$(cat /proc/sys/fs/file-max)

# Far fewer than are open; the kernel allows twice as many unix sockets, even to root.
echo 10 >/proc/sys/fs/file-max
kill -USR2 $daemon
kill $(pgrep -P $daemon -x sh)
await "what is said about the start" logged "start of 'web' is postponed"
supervisorctl -c /tmp/conf status >waited &
client=$!
echo meanwhile >&9
await "what is said about clients" logged "cannot accept"
[ ! -s waited ] || fail "a client was served: nothing was short: $(cat waited)"
kill -0 $daemon || fail "the daemon has ended"
echo "$most" >/proc/sys/fs/file-max

await "the start afterwards" state web RUNNING
await "its output" grep -q meanwhile $log
wait $client || fail "the client that waited: $(cat waited)"
for text in "cannot open log file /tmp/log: too many open files in system" "cannot open log file /tmp/$log:" \
	"start of 'web' is postponed" "start of 'web' is no longer postponed"; do
	[ "$(lines "$text")" = 1 ] || fail "$(lines "$text") times: $text"
done
mv $log moved
kill -USR2 $daemon
await "the reopening that works" test -e $log
kill $daemon
wait $daemon || fail "the daemon ended with $?"
`)
}

#!/bin/sh
# The first process of the second kernel. Each test's own lines follow this.
export PATH=/mnt:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up 2>/dev/null
cd /tmp || exit
chmod 1777 /tmp
mkdir logs
cat >conf <<'CONF'
[unix_http_server]
file=/tmp/sock
[supervisorctl]
serverurl=unix:///tmp/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=/tmp/log
pidfile=/tmp/pid
childlogdir=/tmp/logs
#CONF
CONF

end() {
	echo
	echo END
	poweroff
}

poweroff() {
	echo o >/proc/sysrq-trigger
	sleep 100
}

fail() {
	echo
	echo "FAIL: $*"
	echo "the log:"
	tail -n 40 log
	poweroff
}

# await WHAT COMMAND...: waits until the command succeeds.
await() {
	what=$1
	shift
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || fail "$what did not come about"
		sleep 0.1
	done
}

ctl() { supervisorctl -c /tmp/conf "$@"; }
state() { ctl status "$1" | grep -q "$2"; }
logged() { grep -q -- "$1" log; }

# seconds since the boot, whatever the clock says.
seconds() { cut -d. -f1 /proc/uptime; }

# lines TEXT: in how many lines of the log it is.
lines() { grep -c -- "$1" log; }

# daemon: starts ours; its pid is in $daemon.
daemon() {
	supervisord -n -c /tmp/conf >>out 2>&1 &
	daemon=$!
	await "the daemon's answer" ctl pid
}

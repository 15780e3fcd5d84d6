package logfile

// syslogSocket is where syslog listens for datagrams.
const syslogSocket = "/var/run/syslog"

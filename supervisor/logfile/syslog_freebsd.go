package logfile

// syslogSocket is the socket on which syslog receives datagrams.
const syslogSocket = "/var/run/log"

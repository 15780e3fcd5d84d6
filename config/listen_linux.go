package config

// seesConnections: /proc/net lists the connections of a network namespace.
const seesConnections = true

//go:build !linux

package config

// seesConnections: there is no /proc/net.
const seesConnections = false

package config

// Upstream is the release of Supervisor whose behaviour this one mirrors; Own is our own version.
const (
	Upstream = "4.3.0"
	Own      = "0.1.0"
)

// Version is what every program of this project answers to --version, and the daemon to
// getSupervisorVersion: clients that compare versions see upstream's, ours is the local part. It is valid
// in semver and in Python's rules.
const Version = Upstream + "+reeve." + Own

package config

// Upstream is the release of Supervisor whose behaviour is mirrored; Own is our own
// version.
const (
	Upstream = "4.3.0"
	Own      = "0.1.0"
)

// Version is what every program of this project prints for --version and what the daemon
// returns from getSupervisorVersion. Clients that compare versions see upstream's; ours
// is the local part. It is valid by the rules of semver and of Python.
const Version = Upstream + "+reeve." + Own

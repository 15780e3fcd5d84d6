package config

// Upstream is the release of Supervisor whose behaviour is mirrored.
const Upstream = "4.3.0"

// Own is our own version. A build may set another one: -ldflags "-X reeve/config.Own=…".
var Own = "0.1.0"

// Version is what every program of this project prints for --version and what the daemon
// returns from getSupervisorVersion. Clients that compare versions see upstream's; ours
// is the local part. It is valid by the rules of semver and of Python.
var Version = Upstream + "+reeve." + Own

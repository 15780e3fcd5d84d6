package config

// Version is what every program of this project answers to --version, and the daemon to getSupervisorVersion: the Supervisor
// release whose behaviour it mirrors, then our own version as the local part. It is valid in semver and in Python's rules.
const Version = "4.3.0+reeve.0.1.0"

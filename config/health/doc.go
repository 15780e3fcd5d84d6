// Package health reads what a configuration says about a program's readiness and health:
// `ready`, `health`, `watchdog` and the keys that go with them (docs/health.md). It is
// pure, and stands below package config, which reads the keys, and below package check of
// the supervisor, which decides by them.
//
// A parser refuses what can never work, with a text that names key and value; package
// config adds section and file. What may come to work later (a host that has no address
// yet, a command that is not installed yet) is not refused.
package health
